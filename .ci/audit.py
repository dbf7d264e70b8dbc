#!/usr/bin/env python3
"""Fail when a package has a known vulnerability; pass, and say so, where no advisory service answers.

Audits what is installed beside this Python.  Options are passed on to pip-audit: `-r requirements.lock --disable-pip`
audits a lock file instead, `--ignore-vuln ID` accepts a finding, `--osv-url` asks another service.

pip-audit ends with status 1 for a finding, for a service that is not there and for its own mistakes alike.  They are
told apart by its report, which exists only when every package was looked up, and by its last line of errors.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

ANSWER_S = 10
TOTAL_S = 60
COMMAND = (sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off")
# Not PyPI's own service, pip-audit's default: mirrors of PyPI answer 404 there, after which pip-audit says that no
# vulnerability is known.  OSV has PyPI's advisories, and GitHub's.
SERVICE = ("--vulnerability-service", "osv", "--timeout", str(ANSWER_S))
UNREACHABLE = re.compile(
    r"requests\.exceptions\.(Connection|Proxy|SSL|ChunkedEncoding|JSONDecode)Error\b"
    r"|requests\.exceptions\.(ConnectTimeout|ReadTimeout|TooManyRedirects)\b"
    r"|requests\.exceptions\.HTTPError: (?!400)"  # 400: the service is there, and the question was wrong
    r"|your network may be blocking this service"  # pip-audit's last words after a ConnectTimeout
)


def main(options: Sequence[str]) -> int:
    """Run pip-audit and print what came of it; the exit status: 0 when the build may go on."""
    try:
        # Arguments as a list, without a shell; they come from .ci/run and the tests.
        ended = subprocess.run(  # nosec B603
            [*COMMAND, *SERVICE, *options], capture_output=True, text=True, timeout=TOTAL_S, check=False
        )
    except subprocess.TimeoutExpired:
        return _not_audited(f"it did not answer within {TOTAL_S} s")
    try:
        packages: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except ValueError:
        return _without_report(ended.stderr, ended.returncode)
    return report(packages)


def report(packages: Sequence[dict[str, Any]]) -> int:
    """Print findings, and what the service could not look up; 1 when there is a finding."""
    skipped = [package for package in packages if "skip_reason" in package]
    if packages and len(skipped) == len(packages):
        return _not_audited(skipped[0]["skip_reason"])
    for package in skipped:
        print(f"audit: not looked up: {package['name']}: {package['skip_reason']}")
    findings = [(package, entry) for package in packages for entry in package.get("vulns", ())]
    for package, entry in findings:
        names = ", ".join([entry["id"], *entry["aliases"]])
        fixed = ", ".join(entry["fix_versions"]) or "no version yet"
        print(f"audit: {package['name']} {package['version']}: {names}; fixed in {fixed}: {entry['description']}")
    print(f"audit: {len(packages) - len(skipped)} packages, known vulnerabilities: {len(findings)}")
    return 1 if findings else 0


def _without_report(errors: str, status: int) -> int:
    """Pass when the service was the reason, else fail with pip-audit's own words."""
    lines = errors.strip().splitlines() or [""]
    # A ServiceError has no words of its own; the answer of the service that caused it stands further up.
    causes = lines if "interface.ServiceError" in lines[-1] else lines[-1:]
    matching = [line for line in causes if UNREACHABLE.search(line)]
    if matching:
        return _not_audited(matching[-1])
    print(errors, file=sys.stderr)
    print(f"audit: pip-audit failed with status {status}", file=sys.stderr)
    return status or 1


def _not_audited(reason: str) -> int:
    print(f"audit: NOT AUDITED, no advisory service could be reached: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
