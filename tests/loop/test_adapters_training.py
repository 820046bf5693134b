"""The course of a training on a very small model: the right loss, the same end after a kill, a stop that is heard."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest

from core.errors import Stopped, TrainingDiverged
from core.learning.adapters import checkpoint, plan
from core.learning.adapters.course import Course
from core.learning.adapters.network import Example, Network, adapted, token_losses
from core.learning.adapters.objectives import mean_loss, preference_loss, references_of, supervised_loss
from core.learning.adapters.plan import Step
from core.learning.adapters.presets import PRESETS, Preset
from core.learning.adapters.private import private_gradient
from core.loop import RunProgress
from core.progress import Progress

pytestmark = pytest.mark.weights

VOCABULARY = 97
torch: Any = None


@pytest.fixture(scope="module", autouse=True)
def _torch() -> None:
    """Load torch where one of these tests runs: every part of the tests reads this file, and would wait two seconds."""
    global torch
    torch = pytest.importorskip("torch")


def network(seed: int = 0, dtype: str = "float32", dropout: float = 0.0) -> Network:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(5)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, tie_word_embeddings=True, attn_implementation="sdpa",
        )
    )  # fmt: skip
    return adapted(model.to(getattr(torch, dtype)), 4, 8, dropout, seed, "cpu", dtype)


def example(seed: int, length: int = 24) -> Example:
    tokens = random.Random(seed).choices(range(3, VOCABULARY), k=length)
    learned = tuple(range(length // 2, length))
    return Example(tuple(tokens), learned, (1.0,) * len(learned))


STEPS = [Step(parts=((example(n), example(n + 50, 17)),)) for n in range(12)]
LOOKS = [[example(n) for n in range(3)]]
PRESET = Preset("small", rank=4, alpha=8, learning_rate=2e-2, epochs=1, checkpoint_steps=4, patience=50)


def course(
    net: Network, folder: Path, steps: list[Step] = STEPS, looks: Any = LOOKS, preset: Preset = PRESET
) -> Course:
    return Course(
        net,
        steps,
        looks,
        lambda _, step: supervised_loss(net, step),
        preset,
        seed=3,
        folder=folder,
        digest=plan.digest(steps, preset),
    )


class Counting(Progress):
    """Stops after so many steps."""

    def __init__(self, most: int = 10**9) -> None:
        super().__init__()
        self.most = most
        self.reports: list[RunProgress] = []

    def report(self, progress: RunProgress) -> None:
        self.reports.append(progress)
        if progress.step >= self.most:
            self.stop.set()


def numbers(net: Network) -> Any:
    return torch.cat([value.detach().flatten() for value in net.masters.values()])


def test_the_loss_of_chosen_tokens_and_its_gradient_are_those_of_the_whole_vocabulary() -> None:
    generator = torch.Generator().manual_seed(0)
    states = torch.randn((150, 32), generator=generator, requires_grad=True)
    output = torch.randn((VOCABULARY, 32), generator=generator)
    answers = torch.randint(0, VOCABULARY, (150,), generator=generator)
    weights = torch.rand(150, generator=generator)
    ours = token_losses(states, output, answers)
    (ours * weights).sum().backward()
    gradient, states.grad = states.grad, None
    theirs = torch.nn.functional.cross_entropy(states @ output.T, answers, reduction="none")
    (theirs * weights).sum().backward()
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert torch.allclose(gradient, states.grad, atol=1e-5)


def test_padding_and_company_change_no_loss() -> None:
    net = network()
    together = net.losses((example(1), example(2, 10)))
    alone = torch.cat([net.losses((example(1),)), net.losses((example(2, 10),))])
    assert torch.allclose(together, alone, atol=1e-5)


def test_only_the_adapter_learns_and_before_that_it_changes_nothing(tmp_path: Path) -> None:
    net = network()
    with net.without_adapter():
        before = net.losses((example(1),)).detach()
    assert torch.allclose(net.losses((example(1),)), before)
    frozen = {name: value.clone() for name, value in net.model.state_dict().items() if "lora" not in name}
    standing = course(net, tmp_path).run(Progress())
    assert standing.best is not None
    assert standing.before is not None
    after = net.model.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in frozen.items())
    with net.without_adapter():
        assert torch.allclose(net.losses((example(1),)), before)


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_a_killed_run_goes_on_and_ends_with_the_same_numbers(tmp_path: Path, dropout: float) -> None:
    whole = network(dropout=dropout)
    course(whole, tmp_path / "whole").run(Progress())
    for stopped_after in (4, 7):
        folder = tmp_path / str(stopped_after)
        with pytest.raises(Stopped):
            course(network(dropout=dropout), folder).run(Counting(stopped_after))
        again = network(seed=99, dropout=dropout)  # other first numbers: all must come from the checkpoint
        standing = course(again, folder).run(Progress())
        assert standing.resumed == 1
        assert torch.equal(numbers(again), numbers(whole))


def test_a_checkpoint_of_another_plan_is_not_taken_up(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        course(network(), tmp_path).run(Counting(6))
    fresh = network()
    standing = course(fresh, tmp_path, steps=STEPS[::-1]).run(Progress())
    assert standing.resumed == 0
    assert standing.step == len(STEPS)


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x00" * 500])
def test_a_damaged_checkpoint_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / checkpoint.FILE).write_bytes(content)
    assert checkpoint.load(tmp_path) is None
    assert course(network(), tmp_path).run(Progress()).step == len(STEPS)


def test_the_best_numbers_are_kept_and_a_run_that_gains_nothing_ends_early(tmp_path: Path) -> None:
    # What is learned has nothing to do with what is looked at: looking can only get worse in the end.
    preset = Preset("small", rank=4, alpha=8, learning_rate=8e-2, epochs=1, looks=12, patience=2)
    net = network()
    standing = course(net, tmp_path, steps=[STEPS[0]] * 40, preset=preset).run(Progress())
    assert standing.step < 40
    looked = {step: look for step, _, look in standing.history if look is not None}
    assert standing.best == min(looked.values(), key=float) or math.isclose(
        standing.best or 0, min(looked.values()), abs_tol=1e-4
    )
    assert mean_loss(net, LOOKS) == pytest.approx(standing.best, abs=1e-5)


def test_a_loss_that_is_no_number_ends_the_run_in_a_sentence(tmp_path: Path) -> None:
    net = network()
    with torch.no_grad():
        next(iter(net.masters.values())).fill_(math.nan)
    net.load()
    with pytest.raises(TrainingDiverged, match="no number any more"):
        course(net, tmp_path, looks=[]).run(Progress())


def test_a_stop_is_heard_in_the_middle_of_a_step(tmp_path: Path) -> None:
    progress = Progress()
    net = network()
    calls: list[int] = []

    def gradient(_: int, step: Step) -> float:
        calls.append(1)
        progress.stop.set()
        return supervised_loss(net, step)  # raises inside, before its first layer is done

    with pytest.raises(Stopped):
        Course(net, STEPS, [], gradient, PRESET, seed=0, folder=tmp_path, digest="x").run(progress)
    assert calls == [1]


def test_progress_tells_step_loss_and_time_left(tmp_path: Path) -> None:
    heard = Counting()
    course(network(), tmp_path).run(heard)
    assert [one.step for one in heard.reports] == list(range(1, len(STEPS) + 1))
    assert heard.reports[-1].seconds_left == 0
    assert heard.reports[0].loss is not None
    assert heard.reports[-1].validation_loss is not None


def test_preference_makes_the_right_answer_likelier_than_the_rejected_one() -> None:
    from core.learning.adapters.optimizer import AdamW

    net = network()
    pairs = ((example(1), example(2)), (example(3), example(4)))
    preset = PRESETS["quick"]
    references = references_of(net, pairs)
    first = preference_loss(net, Step(pairs=pairs), references, preset)
    chosen = -sum(sum(net.losses((right,)).detach().tolist()) / len(right.learned) for right, _ in pairs) / len(pairs)
    assert first == pytest.approx(math.log(2) - preset.likelihood * chosen, abs=1e-4)  # nothing has changed yet
    optimizer = AdamW(net.masters, 0.0)
    for number in range(1, 31):
        optimizer.step(number, 2e-2)
        net.load()
        last = preference_loss(net, Step(pairs=pairs), references, preset)
    assert last < first
    margins = [
        (right - right_before) - (wrong - wrong_before)
        for (right, wrong), (right_before, wrong_before) in zip(
            [tuple(-float(net.losses((one,)).sum().detach()) for one in pair) for pair in pairs],
            references,
            strict=True,
        )
    ]
    assert min(margins) > 1.0


def test_under_privacy_no_row_moves_the_numbers_by_more_than_its_share() -> None:
    net = network()
    loud = Example(example(1).tokens, example(1).learned, (1_000.0,) * len(example(1).learned))

    def gradient(parts: tuple[Any, ...], noise: float = 0.0) -> Any:
        private_gradient(net, Step(parts=parts), 0.5, noise, 4.0, key=11)
        found = torch.cat([value.grad.flatten() for value in net.masters.values()])
        for value in net.masters.values():
            value.grad = None
        return found

    without = gradient(((example(2),), (example(3),)))
    with_it = gradient(((example(2),), (example(3),), (loud,)))
    assert float((with_it - without).norm()) <= 0.5 / 4.0 + 1e-6
    noisy = gradient(((example(2),),), noise=2.0)
    assert float((noisy - gradient(((example(2),),))).std()) == pytest.approx(2.0 * 0.5 / 4.0, rel=0.1)
    assert torch.equal(gradient((), noise=1.0), gradient((), noise=1.0))


def test_what_is_promised_is_a_number_and_honest_about_few_rows(tmp_path: Path) -> None:
    from core.learning.adapters.examples import lessons_of
    from core.learning.adapters.private import prepare_private
    from core.loop import Training
    from core.types import Task
    from tests.loop.test_adapters import ROWS, reader

    lessons = lessons_of(Task.TRANSLATE, ROWS * 1)
    method = prepare_private(network(), reader(), lessons, Training(epsilon=4.0), PRESETS["quick"], tmp_path)
    privacy = method.told["privacy"]
    assert 0 < privacy["epsilon"] <= 4.0
    assert privacy["delta"] < 1 / 10
    assert "expect next to nothing" in privacy["sentence"]
    again = prepare_private(network(), reader(), lessons, Training(epsilon=4.0), PRESETS["quick"], tmp_path)
    assert again.key == method.key  # a run that resumes draws the same noise
    other = prepare_private(network(), reader(), lessons, Training(epsilon=4.0), PRESETS["quick"], tmp_path / "b")
    assert other.key != method.key  # and nobody can draw it from the seed
    stricter = prepare_private(network(), reader(), lessons, Training(epsilon=0.5), PRESETS["quick"], tmp_path)
    assert stricter.told["privacy"]["noise"] > privacy["noise"]


@pytest.mark.parametrize("family", ["llama", "gemma"])
def test_the_fused_parts_compute_what_the_libraries_do_forwards_and_back(family: str) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig, LlamaForCausalLM

    from core.learning.adapters.fused import fuse

    small = {"vocab_size": VOCABULARY, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "tie_word_embeddings": True}  # fmt: skip
    torch.manual_seed(1)
    model = LlamaForCausalLM(LlamaConfig(**small)) if family == "llama" else Gemma3ForCausalLM(
        Gemma3TextConfig(**small, head_dim=8)
    )  # fmt: skip
    for name, value in model.named_parameters():
        if "norm" in name:
            value.data.normal_(0.5, 0.3)
    wrapped = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM"))
    for name, value in wrapped.named_parameters():
        if "lora_B" in name:
            value.data.normal_(0, 0.2)
    ids = torch.tensor([example(1).tokens, example(2).tokens])

    def found() -> tuple[Any, Any, Any]:
        out = wrapped(input_ids=ids).logits
        wrapped.zero_grad()
        out.float().square().mean().backward()
        gradients = torch.cat([value.grad.flatten() for value in wrapped.parameters() if value.grad is not None])
        with torch.no_grad(), wrapped.disable_adapter():
            return out.detach(), gradients.clone(), wrapped(input_ids=ids).logits

    before = found()
    assert fuse(wrapped) > 2 * 7
    for theirs, ours in zip(before, found(), strict=True):
        assert torch.allclose(theirs, ours, atol=2e-5, rtol=1e-4)
