"""What the evaluations share: where things are, calling the tools, tables, verdicts."""

import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHARED = pathlib.Path(os.environ.get("MOSAIC_SHARED", ROOT.parent / "shared"))
BIN = ROOT / "build" / "release" / "bin"
OUT = ROOT / "build" / "evaluate"

# The 14 networks with trained weights.
NETWORKS = [
    "deeplabv3_257", "dscnn_kws", "fastestdet", "mnist", "mobilenet_v1_0.25_224", "mobilenet_v1_0.25_vww", "mobilenet_v2_1.0_224",
    "resnet20_cifar10", "resnet50_v2_backbone", "resnet8_cifar10", "squeezenet1.1", "squeezenet_fp16", "ultraface_rfb_320", "yolox_nano",
]


def model(name):
    path = SHARED / "models" / f"{name}.onnx"
    if not path.is_file():
        sys.exit(f"evaluate: {path} is not there (MOSAIC_SHARED names the folder of models)")
    return path


def imagenet_truth(classes):
    """labels.csv; one higher for models whose class 0 is the background."""
    if classes == 1000:
        return SHARED / "data" / "imagenet" / "labels.csv"
    with open(SHARED / "data" / "imagenet" / "labels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / "labels_1001.csv"
    path.write_text("file,class\n" + "".join(f"{row['file']},{int(row['class']) + 1}\n" for row in rows))
    return path


def say(text):
    print(text, file=sys.stderr, flush=True)


def call(program, *arguments, expect=(0,)):
    """Standard output of one of our programs, and its exit code."""
    command = [str(BIN / program), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in expect:
        sys.exit(f"evaluate: {' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout, done.returncode


def call_for_long(program, *arguments, log):
    """Standard output of one of our programs that runs for long; what it says besides goes to the file log, and the processor time that it took."""
    command = [str(BIN / program), *map(str, arguments)]
    with open(log, "a") as messages:
        print(" ".join(command), file=messages, flush=True)
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=messages, text=True)
        with running.stdout as output:
            text = output.read()
        _, status, usage = os.wait4(running.pid, 0)
        print(f"{usage.ru_utime + usage.ru_stime:.0f} s of processor time", file=messages)
    if status != 0:
        sys.exit(f"evaluate: {' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}; see {log}")
    return text


def call_json(program, *arguments):
    return json.loads(call(program, *arguments)[0])


def quiet_json(program, *arguments, tries=3):
    """As call_json, again while the profile was taken on a machine too noisy to measure. The last try counts as it is."""
    for attempt in range(tries):
        result = call_json(program, *arguments)
        if not result.get("noisy"):
            break
        say(f"  noisy, attempt {attempt + 1} of {tries}: {result['noisy'][0]}")
    return result


def median_interval(values):
    """Median, and the lowest and highest value: with five values that is a 94 % interval."""
    return statistics.median(values), min(values), max(values)


def table(titles, rows):
    """Columns aligned; numbers to the right."""
    text = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(titles[c]), *(len(row[c]) for row in text)) if text else len(titles[c]) for c in range(len(titles))]
    right = [all(isinstance(row[c], (int, float)) or row[c].lstrip("+-").replace(".", "", 1).isdigit() for row in rows) for c in range(len(titles))]
    for row in [titles, *text]:
        print("  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right)).rstrip())


def finish(name, result, passed, summary):
    """Keeps the figures in build/evaluate and says how it stands."""
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps({"passed": passed, "summary": summary, "result": result}, indent=1) + "\n")
    print(f"{name}: {'met' if passed else 'NOT MET'}: {summary}\n", flush=True)
    sys.exit(0 if passed else 1)
