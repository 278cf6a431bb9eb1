"""`rlzoo check-plugin`: check an installed plugin against the rules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rlzoo.cli.streams import print_json
from rlzoo.contracts.errors import BadInput, UnknownName, listed, nearest
from rlzoo.registry.catalog import Catalog

if TYPE_CHECKING:
    from rlzoo.registry.plugins import PluginRecord
    from rlzoo.testing.case import Case
    from rlzoo.testing.examination import Finding, Trial


@click.command("check-plugin")
@click.argument("name")
@click.option("--only", metavar="NAME", help="Check only this component, algorithm, observer or command.")
@click.option("--rule", multiple=True, metavar="RULE", help="Check only this rule; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def check_plugin(catalog: Catalog, name: str, only: str | None, rule: tuple[str, ...], as_json: bool) -> int:
    """Check a plugin against the rules.

    NAME is a name that `rlzoo plugins` shows; `rlzoo` stands for the built-ins. Exits with 1 if a rule is broken.
    """
    records = _records(catalog, name)
    _refuse_unknown(records, only)
    from rlzoo.testing.cases import cases_of
    from rlzoo.testing.examination import planned

    plan = planned([case for record in records for case in cases_of(catalog, record.name, only)], rule)
    if not plan:
        raise BadInput(f"none of these rules applies to `{only or name}`")
    findings = list(_judged(plan, quiet=as_json))
    failed = [finding for finding in findings if finding.verdict == "failed"]
    if as_json:
        plugins = [{"name": record.name, "version": record.version} for record in records]
        found = [asdict(finding) for finding in findings]
        print_json({"plugins": plugins, "passed": not failed, "findings": found})
    else:
        click.echo(f"\n{_summary(findings)}")
    return 1 if failed else 0


def _records(catalog: Catalog, name: str) -> list[PluginRecord]:
    """Return the plugin of that name, or all entry points of that distribution. Raises BadInput if none is loaded."""
    asked = name.lower().replace("_", "-")
    records = [record for record in catalog.records if asked in (record.name, record.name.partition(":")[0])]
    if not records:
        names = [record.name for record in catalog.records]
        raise UnknownName(f"no plugin `{name}` is installed.{nearest(name, names)} Installed: {listed(names)}")
    for record in records:
        if record.status in ("failed", "blocked"):
            raise BadInput(f"plugin {record.name} {record.version} is not loaded ({record.status}): {record.reason}")
    return records


def _refuse_unknown(records: Sequence[PluginRecord], only: str | None) -> None:
    names = {name for record in records for added in record.adds.values() for name in added}
    if only is not None and only not in names:
        raise UnknownName(f"`{records[0].name}` adds no `{only}`.{nearest(only, names)} It adds: {listed(names)}")


def _judged(plan: Sequence[Trial], *, quiet: bool) -> Iterator[Finding]:
    """Run the trials, printing findings as they come and, on a terminal, the current trial."""
    from rlzoo.testing.examination import judge

    broken, shown = set[str](), ""
    with _status(shown=quiet or sys.stdout.isatty()) as show:
        for done, (case, rule) in enumerate(plan):
            title = _title(case)
            if title in broken:
                continue  # a component that cannot be found cannot be checked further
            show(f"{done} of {len(plan)}: {title}, {rule.name}")
            finding = judge(rule, case)
            if finding.verdict == "failed" and rule.name == "found":
                broken.add(title)
            if not quiet:
                click.echo("".join([f"\n{title}\n" if title != shown else "", _lines(finding)]))
            shown = title
            yield finding


@contextmanager
def _status(*, shown: bool) -> Iterator[Callable[[str], None]]:
    """Give a function that shows a line of text on a terminal until the next one.

    While it is shown, rich prints stdout above it, so there is none if stdout goes elsewhere.
    """
    from rlzoo.results.terminal import stderr_console

    if not shown:
        yield lambda _: None
        return
    with stderr_console().status("") as status:
        yield lambda text: status.update(text)


def _title(case: Case) -> str:
    return f"{case.slot} {case.name}" + (f" ({case.parts})" if case.parts else "")


def _lines(finding: Finding) -> str:
    line = f"  {finding.verdict if finding.verdict != 'failed' else 'FAILED':8}{finding.rule:18}"
    if finding.verdict == "passed":
        return line + finding.summary
    if finding.verdict == "skipped":
        return line + finding.message
    more = (f"error     {finding.message}", f"hint      {finding.hint}", f"see       {finding.guide}")
    return "\n".join([line + finding.summary, *(f"          {text}" for text in more)])


def _summary(findings: Sequence[Finding]) -> str:
    counted = {verdict: sum(it.verdict == verdict for it in findings) for verdict in ("passed", "failed", "skipped")}
    return ", ".join(f"{count} {verdict}" for verdict, count in counted.items() if count)
