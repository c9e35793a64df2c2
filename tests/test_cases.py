"""Situations from public reports, on small inputs: the right figure, or a word that leads to it.

The figures were computed apart from this project, with NumPy, SciPy, torch and scikit-learn; the reports are named.
"""

import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    """A command in the folder of a case.

    ``number`` is the last line of the output, ``said`` a pattern in the output or on standard error, ``unsaid`` one in
    neither. ``status`` None is any but that of a fault.
    """

    folder: str
    command: str
    number: float | None = None
    said: str = ""
    unsaid: str = r"$^"
    status: int | None = 0
    within: float = 1e-7


def check(folder, command, said, *, unsaid=r"$^", status=1):
    return Case(folder, f"check {command}", said=said, unsaid=unsaid, status=status)


def refused(folder, command, said, *, unsaid=r"$^", status=3):
    return Case(folder, command, said=said, unsaid=unsaid, status=status)


TABLE = [
    # scikit-learn#30910, mljar-supervised#245: a header of numbers names the classes.
    Case("01", "loss -q strsort_all.csv --label-column y", 0.4052026574, "number|name"),
    Case("01", "loss -q odd_all.csv --label-column y", 0.1692753175, "number|name"),
    Case("01", "loss -q rev_all.csv --label-column y", 0.1692753175, "number|name"),
    # gpleiss/temperature_scaling#29, torchmetrics#974: probabilities in the logits' place.
    Case("02", "loss -q c14_p.npy c14_y.npy", 1.7949, "--values probabilities", within=1e-4),
    Case("02", "report c14_p.npy c14_y.npy", said="--values probabilities"),
    Case("02", "loss -q c14_p.npy c14_y.npy --values probabilities", 0.9710, unsaid="warning", within=1e-4),
    Case("02", "report c14_p.npy c14_y.npy --values probabilities -f table", said="overconfident"),
    Case("02", "report c14_x.npy c14_y.npy", unsaid="warning"),
    # pandas#10646, #9677: whole numbers as a header.
    Case("03", "loss -q p_x0.csv p_y0.csv", 0.5305465995861988, "header", within=1e-12),
    Case("03", "loss -q p_x2.csv p_y2.csv", 0.6524137602753507, "header", within=1e-12),
    # huggingface/transformers#10181, #35066, #3711: labels are the input ids, not shifted.
    check("04", "c3a_x.npy c3a_y.npy", r"Y221[\s\S]*1\.799[\s\S]*--shift 1"),
    check("04", "c3d_x.npy c3d_y.npy", "--shift 1"),
    check("04", "c3f_x.npy c3f_y.npy", r"1\.655[\s\S]*--shift 1"),
    Case("04", "loss -q c3a_x.npy c3a_y.npy --shift 1", 1.7990439143),
    Case("04", "loss -q c3f_x.npy c3f_y.npy --shift 1", 1.6556397),
    check("05", "lm1_x.npy lm1_y.npy", "--shift 1"),
    Case("05", "loss -q lm1_x.npy lm1_y.npy --shift 1", 2.0807278565),
    # huggingface/transformers#45479: one logit per row.
    Case("06", "loss -q c8_x.csv c8_y.csv", 0.31906671572, r"\(0, x\)"),
    Case("06", "loss -q c8_x.csv c8_y0.csv", 0.68885579072),
    Case("06", "loss -q c10_xb.npy c10_yb1.npy --class-axis 1", 0.8040, within=1e-4),
    Case("06", "loss -q c10_xb.npy c10_yb1.npy", 0.8040, within=1e-4),
    Case("06", "loss c8_x.csv c8_y.csv", unsaid="--label-base"),
    # scikit-learn#6703, #4546: one column of probabilities.
    check("07", "c8_p.csv c8_y.csv", "--values probabilities"),
    Case("07", "loss -q c8_p.csv c8_y.csv --values probabilities", 0.3190667412),
    Case("07", "loss -q c8_p.csv c8_y.csv", said="--values probabilities"),
    # pytorch-deeplab-xception#189, Pytorch-UNet#226: an axis of length 1; one-hot masks.
    Case("09", "loss -q c10_x.npy c10_y1.npy --ignore-index 255", 0.4504248385),
    Case("09", "loss -q c10_xl.npy c10_yl.npy --ignore-index 255", 0.4504248385),
    Case("09", "loss -q c10_x.npy c10_oh.npy", 0.6321728730),
    check("09", "c10_x.npy c10_yl.npy --ignore-index 255", "", unsaid="error:", status=None),
    check("09", "c10_x.npy c10_oh.npy", "", unsaid="error:", status=None),
    # simpletransformers#101: several classes are right.
    refused("10", "loss -q c9_x.csv c9_y.csv", "--multilabel"),
    Case("10", "loss -q c9_x.csv c9_y.csv --multilabel", 0.4356248276),
    check("10", "c9_x.csv c9_y.csv", "--multilabel", unsaid="divide each row"),
    # google-deepmind/optax#896: 0 * -inf.
    check("11", "c19b_x.npy c19b_q.npy", "--zero-log-zero"),
    check("11", "c19_x.csv c19_y.csv", "--zero-log-zero", unsaid="as given 0"),
    Case("11", "loss c19b_x.npy c19b_q.npy", said="--zero-log-zero"),
    Case("11", "loss -q c19b_x.npy c19b_q.npy --zero-log-zero", 1.3865442670),
    # Many logits share the minimum: no sign is turned.
    check("12", "t_relu.npy t_y.npy", "L40", unsaid="X106"),
    check("12", "t_top2.npy t_y.npy", "L40", unsaid="X106"),
    # scikit-learn#4033: predict_proba with names as labels.
    check("13", "c7_P.csv c7_L.csv", "--values probabilities", unsaid="python"),
    Case("13", "loss -q c7_P.csv c7_L.csv --values probabilities", 0.1711337158),
    # pytorch#116349, transformers#1713: padding.
    refused("14", "loss c1_x.npy c1_y.npy", "--ignore-index -100"),
    refused("14", "loss c10_x.npy c10_y.npy", "--ignore-index 255"),
    check("14", "c1_x.npy c1_y.npy --ignore-index -100", "no row counts"),
    # An index column, and columns of text.
    Case("16", "loss -q rid_all.csv --label-column label", 0.2055184236, "id"),
    check("16", "rid_all.csv --label-column label", "", unsaid="L403", status=None),
    Case("17", "loss -q file_label.csv --label-column label", 2.6579204522, "filename"),
    Case("17", "loss -q split_all.csv --label-column label", 0.2055184236, "split"),
    # arcgis-python-api#561: decimal commas.
    refused("18", "loss eu.csv y.csv", r"eu\.csv:2.*--decimal ,", unsaid="--header"),
    *(
        Case("18", f"loss -q {name} y.csv --decimal ,", 2.6579204522)
        for name in ("eu.csv", "eu_quoted.csv", "eu_tab.tsv")
    ),
    # CSV as Excel and others write it.
    *(Case("19", f"loss -q {name}.csv y.csv", 2.6579204522) for name in ("sep", "trail", "trailh", "u16")),
    Case("19", "loss -q unicode_minus.csv y.csv", said="minus", status=None),
    refused("19", "loss -q nan_NA.csv y.csv", "missing"),
    refused("19", "loss -q labnan.csv --label-column label", "--ignore-missing"),
    refused("19", "loss -q list.csv --label-column label", "list"),
    # transformers#10181, #2001: the same labels in other shapes.
    *(
        Case("20", f"loss -q {files}", said="note: ")
        for files in ("s_1TV.npy s_T.npy", "s_TV.npy s_1T.npy", "c3a_x.npy s_flat.npy", "c3a_x.npy s_y3.npy")
    ),
    refused("20", "loss -q c3a_x.npy s_BT1.npy", "--shift 1", unsaid="check the two shapes"),
    Case("20", "loss -q c3a_x.npy s_BT1.npy --shift 1", 1.7990439143),
    Case("20", "compare s_1TV.npy s_TV.npy"),
    # NVIDIA/TensorRT#2103: int8 without its scale.
    check("24", "c15_q.npy c15_y.npy", "quantised", unsaid="off by|above 1", status=None),
    # pytorch/vision#9325, IntelLabs/distiller#57: what B is of A.
    Case("25", "compare c15_a.npy c15_p.npy", said="B is A's softmax"),
    Case("25", "compare c15_a.npy c15_q.npy", said="int8"),
    Case("25", "compare c15_a.npy c15_T.npy", said="B is 0.5 A"),
    Case("25", "compare c15_a.npy c15_neg.npy", said="B is -A"),
    Case("25", "compare c15_a.npy c15_perm.npy", said="rows in another order"),
    Case("25", "compare c15_a.npy c15_shift.npy", said="each 1 row earlier"),
    Case("25", "compare c15_a.npy c15_cls.npy", said="classes in another order"),
    # dottxt-ai/outlines#236: more logits than tokens.
    refused("26", "compare c15_a.npy c15_vpad.npy", "--logit-columns 0:20"),
    Case("26", "compare c15_a.npy c15_vpad.npy --logit-columns 0:20"),
    # keras#9754: a teacher's logits as labels.
    refused("28", "loss -q student.csv teacher.csv", "--label-values logits"),
    Case("28", "loss -q student.csv teacher.csv --label-values logits", 1.040644, within=1e-6),
    check("28", "student.csv teacher.csv", "--label-values logits", unsaid="as given"),
    # lm-evaluation-harness#1595, vllm#2364: log-probabilities of what occurred.
    Case("30", "loss -q lp.csv --values label-log-probabilities", 1.2025),
    Case("30", "report lp.csv --values label-log-probabilities -f table", said=r"3\.3284"),
    Case("30", "loss -q lp.csv lpz.csv", said="label-log-probabilities"),
    # A vector beside as many labels.
    Case("31", "loss -q logit_vector.npy labels.npy", 0.3190667, "one logit", within=1e-6),
    check("31", "logit_vector.npy labels.npy", "", unsaid="S303", status=None),
    # Messages.
    refused("32", "loss c12_b.csv c12_y.csv --loss bce", "--multilabel", unsaid="losss", status=2),
    Case("32", "loss -q c6_x.csv c6_y.csv --weight 2,4,6"),
    check("33", "x.csv y.csv", "Y204"),
    refused("34", "report x.csv y.csv --ignore-index 0", "all rows are ignored|no row counts"),
    # A threshold that a failed computation left makes a gate that never fails.
    *(
        refused("52", command, said, status=2)
        for command, said in (
            ("loss -q x.csv y.csv --fail-if 'cross_entropy > nan'", "a finite number is needed"),
            ("loss -q x.csv y.csv --fail-if 'cross_entropy > 1_0'", "a finite number is needed"),
            ("loss -q x.csv y.csv --fail-if 'cross_entropy > -inf'", "a finite number is needed"),
            ("loss -q x.csv y.csv --fail-if 'focal > 1'", "focal was not computed"),
            ("loss -q x.csv y.csv --expect 999 --atol inf", "--atol inf: a finite number is needed"),
            ("loss -q x.csv y.csv --expect 999 --rtol 1e306", "allow everything"),
            ("loss -q x.csv y.csv --expect 999 --atol -1", "a finite number from 0 on"),
            ("loss -q x.csv y.csv --atol 1", "add --expect"),
            ("loss -q x.csv y.csv --expect 999 --expect 1.4478376526408516", "a second one"),
            ("report x.csv y.csv --fail-if 'accuracy < nan'", "a finite number is needed"),
            ("report x.csv y.csv --fail-if 'ece > 5'", "ece is from 0 to 1"),
            ("report x.csv y.csv --fail-if 'top_5 < 0.9'", "top_5 was not computed"),
            ("compare x.csv x.csv --fail-if 'max_abs_diff >= nan'", "a finite number is needed"),
            ("compare x.csv x.csv --fail-if 'top1_agreement > 99'", "top1_agreement is from 0 to 1"),
            ("compare x.csv x.csv --atol inf", "--atol inf: a finite number is needed"),
            ("check x.csv y.csv --select X --ignore X", "leave no check"),
            ("check x.csv --select Y", "needs one label per row"),
        )
    ),
    # Parameters that are no numbers: the loss was nan, and the note named another cause.
    *(
        refused("52", f"loss x.csv y.csv --loss {text.partition('.')[0]} --param {text}", said, status=2)
        for text, said in (
            ("focal.gamma=nan", "--param focal.gamma=nan: a finite number is needed"),
            ("focal.alpha=-inf", "a finite number is needed"),
            ("focal.alpha=0.1,nan,1,1,1", "a finite number is needed"),
            ("z_loss.scale=nan", "a finite number is needed"),
            ("poly_1.epsilon=1e400", "a finite number is needed"),
            ("focal.gamma=1_0", "a finite number is needed"),
            ("focal.gamma=", "write it as"),
            ("focal.gama=1", "there is no parameter 'focal.gama'"),
            ("focal.gamma=1 --param focal.gamma=2", "a second time"),
        )
    ),
    refused("52", "compare x.csv x.csv y.csv --resamples 99999999999999", "from 0 to 1000000", status=2),
    refused("52", "loss -q x.csv y.csv --threads 100000", "from 1 to 1024", status=2),
    # A label that is ignored, in a dtype that lacks the base: ln 3 of equal logits.
    Case("50", "loss -q x.npy y.npy --ignore-index 255 --label-base -1", 1.0986122886681098, unsaid="Warning"),
    # A row of numbers with one bad cell is no header.
    refused("53", "softmax x.csv -f csv", r"x\.csv:1, column 2: 'NA' is not a number"),
    refused("53", "check x.csv y.csv", r"x\.csv:1, column 2: 'NA' is not a number"),
    # pandas numbers the columns of two classes too; the figure is that of the two rows below: (ln(1 + e^-1) of each).
    Case("54", "loss -q x.csv y.csv", 0.31326168751822286, "the first line .0, 1. is taken for a header"),
    Case("54", "loss -q x.csv y.csv --header", 0.31326168751822286),
    Case("54", "loss -q x3.csv y.csv", said="the first line .0, 1, 2. is taken for a header"),
    # Logits divided by a small temperature overflow: nothing but nan came out, without a word.
    *(
        refused("63", command, "temperature 1e-320.*overflow float64 in every row", status=2)
        for command in (
            "softmax x.csv --temperature 1e-320 -f csv",
            "softmax x.csv --temperature 1e-320 -o out.npy",
            "softmax x.csv --temperature 1e-320 --backend torch",
            "loss -q x.csv y.csv --temperature 1e-320",
            "loss x.csv y.csv --temperature 1e-320 --backend torch",
            "loss x.csv y.csv --temperature 1e-320 --grad",
            "report x.csv y.csv --temperature 1e-320",
        )
    ),
    refused("63", "softmax x.csv -T 1e-39 --dtype float32", "overflow float32 in every row", status=2),
    refused("63", "loss x.csv y.csv -T 1e-6 --dtype float16", "overflow float16 in every row", status=2),
    # The row of zeros stays so at every temperature: ln 3.
    Case("63", "softmax zero.csv -T 1e-320 -f csv", said="overflow float64 in 1 of 2 rows"),
    Case("63", "loss -q zero.csv y.csv -T 1e-320", said="overflow float64 in 1 of 2 rows .first row 0."),
    # A temperature that the dtype does not hold: softmax(60000 / 70000, 0, 0) and its label's share.
    *(
        Case("63", f"loss -q large.csv y1.csv -T 70000 --dtype float16 --backend {name}", 0.6145, within=2e-3)
        for name in ("numpy", "torch")
    ),
    refused("63", "compare x.csv x.csv --atol 1e308", "more would allow everything", status=2),
    refused("63", "compare x.csv x.csv --rtol 1e101", "more would allow everything", status=2),
    refused("63", "loss -q x.csv y.csv --expect 0 --atol 1e308", "more would allow everything", status=2),
    # The true line, and a name that is none.
    refused("66", "loss -q x.csv y.csv", r"y\.csv:2, column 1 \(label\): '1_0' is not a number"),
    refused("66", "loss -q xn.csv yn.csv", r"yn\.csv:1: label 'Cat' is not the name of a class in xn\.csv"),
    Case("67", "softmax x.csv -f csv --delimiter ,", said=r"\A=cmd"),
    Case("67", "softmax x.csv -f csv --delimiter , --safe-csv", said=r"\A'=cmd", unsaid="(?m)(^|,)=cmd"),
    Case("67", "report x.csv y.csv -f csv --delimiter , --safe-csv", said="'=cmd", unsaid="(?m)(^|,)=cmd"),
]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: f"{case.folder} {case.command}")
def test_case(run, tmp_path, monkeypatch, case):
    (folder,) = CASES.glob(f"{case.folder}-*")
    here = shutil.copytree(folder, tmp_path / "case")
    monkeypatch.chdir(here)
    outcome = run(*shlex.split(case.command))
    assert outcome.status == case.status or (case.status is None and outcome.status in {0, 1}), outcome.err
    assert re.search(case.said, outcome.out + outcome.err)
    assert not re.search(case.unsaid, outcome.out + outcome.err)
    if outcome.status >= 2:
        assert outcome.out == ""
        assert len(outcome.err.splitlines()) == 1
    if case.number is not None:
        assert float(outcome.out.splitlines()[-1]) == pytest.approx(case.number, rel=case.within)


READ = ("c4.jsonl", "c4.npz", "c4.parquet", "c4.pt", "c4.safetensors", "renamed.csv")


@pytest.mark.parametrize("name", READ)
def test_a_file_of_arrays_is_read_whatever_its_suffix(run, monkeypatch, name):
    (folder,) = CASES.glob("27-*")
    monkeypatch.chdir(folder)
    logits, labels = torch.from_numpy(np.load("c4.npz")["logits"]), torch.from_numpy(np.load("c4_y.npy"))
    outcome = run("loss", "-q", name, "c4_y.npy")
    assert outcome.status == 0, outcome.err
    assert float(outcome.out) == pytest.approx(cross_entropy(logits.double(), labels).item(), rel=1e-6)


OTHERS = sorted(path.name for path in CASES.glob("27-*/*") if path.name not in {*READ, "c4_y.npy"})


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_another_format_is_named(run, monkeypatch, name):
    (folder,) = CASES.glob("27-*")
    monkeypatch.chdir(folder)
    outcome = run("loss", "-q", name, "c4_y.npy")
    assert (outcome.status, outcome.out, len(outcome.err.splitlines())) == (3, "", 1)
    assert "iconv" not in outcome.err
    assert "rename it" not in outcome.err
