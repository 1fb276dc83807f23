"""Queries that are compiled once for all users of the same roles.

Building and compiling a union of many parts takes longer than running it. And PostgreSQL, once it
keeps the plan of a prepared statement, uses an index of some rows only if the text itself names
which. So constants are part of the text; the user, the user's office and named values stay
parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Select
from sqlalchemy.orm import Session
from sqlalchemy.sql.visitors import cloned_traverse

from agentsys.people import substitutes
from agentsys.people.models import User
from agentsys.people.permissions import RoleHolder
from agentsys.people.scope import Anybody

_texts: dict[Any, str] = {}


def rows(
    session: Session,
    user: User,
    build: Callable[..., Select[Any]],
    *more: Any,
    values: Mapping[str, Any],
) -> Sequence[Any]:
    """The rows, as tuples, of the query that `build` makes for somebody with the user's roles.

    `build` must be a function of its arguments alone: it is called once for each combination of
    roles, with an office or without one, and of `more`. `values` are the query's own parameters.
    """
    known = {"user_id": user.id, "office_id": user.office_id, "today": substitutes.today()}
    parameters = {**known, **values}
    has_office = user.office_id is not None
    key = (build, user.role_names, has_office, more)
    if key not in _texts:
        anybody: RoleHolder = Anybody(user.role_names, has_office=has_office)
        query = _with_constants_written(build(anybody, *more), parameters=parameters)
        compiled = query.params(parameters).compile(
            dialect=session.get_bind().dialect, compile_kwargs={"render_postcompile": True}
        )
        _texts[key] = str(compiled)
    return session.connection().exec_driver_sql(_texts[key], parameters).all()


def _with_constants_written(query: Select[Any], *, parameters: Collection[str]) -> Select[Any]:
    def write(parameter: BindParameter[Any]) -> None:
        if parameter.callable is not None:
            raise ValueError(f"{parameter.key} would be the same for ever: pass it as a parameter")
        parameter.literal_execute = parameter.key not in parameters

    return cloned_traverse(query, {}, {"bindparam": write})
