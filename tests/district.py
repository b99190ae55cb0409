"""A district of many communities: the shipped routing.yaml with one included file for each further community."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).parent.parent / "routing.yaml"
FIGURES = "一二三"


def write_district(folder: Path, communities: int = 15, enterprises: int = 400) -> Path:
    """Write routing.yaml with ``communities`` of them, each of the further ones with so many enterprises; return its path."""
    main = folder / "routing.yaml"
    text = SHIPPED.read_text(encoding="utf-8")
    main.write_text(text.replace("\ncalendars:", "\ninclude: [communities/*.yaml]\n\ncalendars:", 1), encoding="utf-8")
    (folder / "communities").mkdir()
    for number in range(2, communities + 1):
        name = f"社区{number:02}"
        (folder / "communities" / f"{name}.yaml").write_text(community_file(name, enterprises), encoding="utf-8")
    return main


def community_file(name: str, enterprises: int) -> str:
    """Return the file of one community: two groups, three grids, a duty worker, a service team that takes turns."""
    firms = [f"{name}企业{number:03}" for number in range(1, enterprises + 1)]
    grids = [
        f"      {FIGURES[place]}格: {{worker: {name}网格员{FIGURES[place]}, enterprises: [{', '.join(firms[place::3])}]}}"
        for place in range(3)
    ]
    workers = [f"{name}值班", *(f"{name}网格员{figure}" for figure in FIGURES)]
    team = [f"{name}队员{figure}" for figure in FIGURES]
    return "\n".join(
        [
            "communities:",
            f"  {name}:",
            f"    rooms: [{name}互助群, {name}联盟群]",
            f"    duty: {name}值班",
            f"    team: {name}服务队",
            f"    departments: {{community: {name}值班}}",
            "    grids:",
            *grids,
            "rooms:",
            f"  {name}互助群: {{kind: mutual-aid}}",
            f"  {name}联盟群: {{kind: alliance}}",
            "contacts:",
            *(f"  {worker}: {{department: community, role: worker, channels: [wechat]}}" for worker in workers),
            *(f"  {member}: {{role: worker, channels: [wechat]}}" for member in team),
            "duty:",
            f'  {name}服务队: {{rotate: 1d, start: "2026-01-05 09:00", order: [{", ".join(team)}]}}',
            "tests:",
            f'- {{ask: 篮球场几点关门, at: "2026-11-18 10:00", department: community, room: {name}互助群, '
            f"enterprise: {firms[1]}, expect: {{ladder: 标准, assignee: {name}网格员二}}}}",
            "",
        ]
    )
