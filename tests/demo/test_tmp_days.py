from datetime import UTC, datetime, timedelta
import time_machine
from sqlalchemy import text
from agentsys.demo import city
from agentsys.ledger import invariants
from agentsys.payments.models import CaseKind, DepositState
from agentsys.remittances.models import RemittanceState
from agentsys.workers import registry
def test_days(seed, session, vault):
    bad=[]
    for d in range(0, 62):
        now=datetime(2026,2,5,3,20,tzinfo=UTC)+timedelta(days=d*1, hours=d*7 % 24)
        with time_machine.travel(now, tick=False):
            try:
                t=seed(workers=400, months=4, seed=d)
            except Exception as e:
                bad.append((now,'EXC',repr(e)[:300])); raise
            for what, got, want in [
                ('cases', t.words("SELECT kind FROM cases WHERE closed_at IS NULL"), set(CaseKind)),
                ('deposits', t.words("SELECT DISTINCT state FROM deposits"), set(DepositState)),
                ('remit', t.words("SELECT DISTINCT state FROM remittances"), set(RemittanceState)),
                ('inv', invariants.check(session), []),
                ('states', len(t.words("SELECT DISTINCT state FROM contributions")), 4),
                ('over', t.rows("SELECT a.code FROM agents a JOIN postings p ON p.account = 'cash:agent:' || a.id GROUP BY a.id HAVING sum(p.amount_idr) > a.cash_ceiling_idr"), [('AG-003',)]),
                ('outcomes', len(t.words("SELECT DISTINCT coalesce(outcome,'-') FROM callbacks")), 5),
                ('statements', [r[0] for r in t.rows("SELECT DISTINCT state FROM statements ORDER BY 1")], ['approved','returned','submitted']),
                ('sari', {0,1,2,3,4} <= {e.arrears_months for e in registry.portfolio(session, agent_id=1, vault=vault).entries} , True),
                ('wait', [e.name for e in registry.portfolio(session, agent_id=1, vault=vault).entries if e.waiting] , ['Aisyah Amin']),
            ]:
                if got != want: bad.append((now.isoformat(), what, want ^ got if isinstance(want,set) else got))
            print(now, [b for b in bad if b[0]==now.isoformat()], flush=True)
            city.reset(session, allowed=True)
    assert not bad, bad
