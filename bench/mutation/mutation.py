#!/usr/bin/python3
"""The mutation score of an area of the embedded engine: `plan` writes the configuration of Stryker.NET, `report` reads what it found.

A sample takes windows of ten lines, by chance: all mutants that lie within one. Its interval is the bootstrap's over windows, which keeps together what
is alike.

Usage: mutation.py plan AREA PERCENT SEED FILE | mutation.py report PERCENT MUTATION-REPORT
"""
import json
import math
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT = ROOT / "src" / "MlDurable.Orchestration.Embedded"
TESTS = ROOT / "tests" / "MlDurable.Orchestration.Embedded.Tests" / "MlDurable.Orchestration.Embedded.Tests.csproj"
WINDOW = 10
RESAMPLES = 4000

# What is mutated, and which tests judge it. The tests that say that they are slow never do.
AREAS = {
    "slots": (
        ["Execution/SlotQueue.cs", "Execution/ActivitySlots.cs", "Execution/TimerQueue.cs"],
        ["SlotTests", "TimerQueueTests", "TimerConformance"],
    ),
    "journal": (
        [f"Journal/{name}.cs" for name in (
            "JournalFrame", "JournalReader", "JournalRecovery", "SegmentHeader", "SnapshotFold", "JournalBatch", "JournalWriter")],
        ["JournalTests", "JournalReaderTests", "JournalRecoveryTests", "JournalWriterTests", "JournalBatchTests", "SegmentHeaderTests", "SnapshotFoldTests"],
    ),
    "history": (["History/*.cs"], ["JournalTests", "EntryReaderTests", "SnapshotFoldTests", "DecisionTests", "InstanceTests", "InstanceTableTests", "RewindPlanTests", "HistoryTextTests", "RewindConformance"]),
    "engine": (["EngineCore.cs", "Execution/OrchestratorExecution.cs", "Execution/DurableStep.cs"], []),
}


def plan(area: str, percent: int, seed: int) -> dict:
    patterns, judges = AREAS[area]
    files = [file for pattern in patterns for file in sorted(PROJECT.glob(pattern))]
    tests = "|".join(f"FullyQualifiedName~{name}" for name in judges)
    return {
        "stryker-config": {
            "project": f"{PROJECT.name}.csproj",
            "test-projects": [str(TESTS)],
            "configuration": "Release",
            "test-case-filter": "Speed!=Slow" + (f"&({tests})" if tests else ""),
            "coverage-analysis": "perTest",
            "additional-timeout": 3000,
            "ignore-mutations": ["string"],
            "mutate": [f"**/{file.relative_to(PROJECT)}{spans(file, percent, seed)}" for file in files],
            "reporters": ["json", "dots"],
        }
    }


def spans(file: pathlib.Path, percent: int, seed: int) -> str:
    if percent == 100:
        return ""
    lines = file.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    windows = range(0, len(lines), WINDOW)
    chosen = random.Random(f"{seed} {file.name}").sample(windows, math.ceil(len(windows) * percent / 100))
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return "".join(f"{{{starts[first]}..{starts[min(first + WINDOW, len(lines))]}}}" for first in sorted(chosen))


def report(percent: int, found: dict) -> None:
    everything = []
    print("| file | mutants | killed | score |\n|---|---|---|---|")
    for path, file in sorted(found["files"].items()):
        # Killed by a test that fails, or that does not end.
        judged = [
            (f"{path} {(mutant['location']['start']['line'] - 1) // WINDOW}", mutant["status"] in ("Killed", "Timeout"))
            for mutant in file["mutants"] if mutant["status"] in ("Killed", "Timeout", "Survived", "NoCoverage")]
        if judged:
            everything += judged
            row(f"`{pathlib.PurePath(path).name}`", judged, percent)
    row("all", everything, percent)


def row(name: str, judged: list, percent: int) -> None:
    killed = sum(is_killed for _, is_killed in judged)
    interval = "" if percent == 100 else " ({:.0f} to {:.0f})".format(*bootstrap(judged))
    print(f"| {name} | {len(judged)} | {killed} | {100 * killed / len(judged):.1f} %{interval} |")


def bootstrap(judged: list) -> tuple:
    windows = {}
    for window, is_killed in judged:
        count, killed = windows.get(window, (0, 0))
        windows[window] = (count + 1, killed + is_killed)
    windows, chance = list(windows.values()), random.Random(0)
    scores = sorted(
        100 * sum(killed for _, killed in drawn) / sum(count for count, _ in drawn)
        for drawn in (chance.choices(windows, k=len(windows)) for _ in range(RESAMPLES)))
    return scores[int(RESAMPLES * 0.025)], scores[int(RESAMPLES * 0.975)]


def survivors(found: dict) -> None:
    for path, file in sorted(found["files"].items()):
        lines = file["source"].splitlines()
        for mutant in file["mutants"]:
            if mutant["status"] in ("Survived", "NoCoverage"):
                line = mutant["location"]["start"]["line"]
                print(f"{pathlib.PurePath(path).name}:{line}: {mutant['status']}: {lines[line - 1].strip()}  =>  "
                      f"{' '.join(mutant['replacement'].split())}", file=sys.stderr)


match sys.argv[1:]:
    case ["plan", area, percent, seed, file]:
        pathlib.Path(file).write_text(json.dumps(plan(area, int(percent), int(seed)), indent=2), encoding="utf-8")
    case ["report", percent, file]:
        result = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
        report(int(percent), result)
        survivors(result)
    case _:
        raise SystemExit(__doc__)
