"""The plugins that come with agentsys; all of them run unless a setting says otherwise."""

BUNDLED = (
    "autodebit,bonus,cash,corporate_agency,event_log,ewallet,perisai_2018,perisai_2022,"
    "sponsored_flat,store,tiered,virtual_account"
)
