def test_big(session, vault, visit):
    from tests.payments.world import World
    w=World.build(session,vault); f=visit(w.finance)
    for u in ("/keuangan/kasus/99999999999999999999","/keuangan/kasus?after=99999999999999999999","/keuangan/setoran-agen?periksa=99999999999999999999","/keuangan/setoran-bpjs/1?after=9:2026-99","/keuangan/kabar?q=%00a&after=-1"):
        print(u, f.get(u).status_code)
    print(f.submit("/keuangan/setoran-bpjs", office_id="99999999999999999999").status_code)
    print(f.submit("/keuangan/penagihan", month="\0").status_code)
