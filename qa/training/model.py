"""The span model: a transformer whose question token points at where its answer starts and ends.

The input is `[CLS] [MASK] question [SEP] header passage [SEP]`. The head is Splinter's question-aware span
selection (Ram et al. 2021): the vector of the question token, put through a bilinear form, scores every token as
start and as end. Recurring-span pre-training and reading use the same head, so nothing starts afresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from qa.spans import MAX_ANSWER

# The place of the question token, right after [CLS].
QUERY = 1
# Stands for "impossible" in sums of exponentials; finite, so that an empty row gives no NaN.
IMPOSSIBLE = -1e4
# How little a doubtful label that the model finds unlikely counts: by its probability to this power.
DOUBT = 0.3


class _Transform(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.dense = nn.Linear(size, size)
        self.norm = nn.LayerNorm(size)

    def forward(self, states: Tensor) -> Tensor:
        result: Tensor = self.norm(nn.functional.gelu(self.dense(states)))
        return result


class SpanHead(nn.Module):
    """Scores tokens as starts and ends for given question vectors."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.start, self.end = _Transform(size), _Transform(size)
        self.query_start, self.query_end = _Transform(size), _Transform(size)
        self.bilinear_start = nn.Linear(size, size, bias=False)
        self.bilinear_end = nn.Linear(size, size, bias=False)
        for bilinear in (self.bilinear_start, self.bilinear_end):
            nn.init.normal_(bilinear.weight, std=0.02)

    def forward(self, states: Tensor, queries: Tensor) -> tuple[Tensor, Tensor]:
        """(rows, tokens, size), (rows, queries, size) -> start and end logits (rows, queries, tokens)."""
        start = self.bilinear_start(self.query_start(queries))
        end = self.bilinear_end(self.query_end(queries))
        return start @ self.start(states).transpose(1, 2), end @ self.end(states).transpose(1, 2)


class RowDropout(nn.Module):
    """Dropout whose mask is shared by the tokens of a row (Gal & Ghahramani 2016).

    Drawing a number for every token and feature took a quarter of a step's time on two cores.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, states: Tensor) -> Tensor:
        """`states` (rows, tokens, size), the same features of a row dropped at every token."""
        if not self.training:
            return states
        kept = torch.rand(states.shape[0], 1, states.shape[-1], device=states.device) >= self.share
        return states * (kept / (1 - self.share)).to(states.dtype)


class SpanModel(nn.Module):
    """Transformer and head."""

    def __init__(self, encoder: nn.Module, size: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = SpanHead(size)

    def states(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """Token vectors (rows, tokens, size)."""
        result: Tensor = self.encoder(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
        return result

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Start and end logits (rows, tokens) for the question of each row."""
        states = self.states(ids, types, mask)
        start, end = self.head(states, states[:, QUERY : QUERY + 1])
        return start.squeeze(1), end.squeeze(1)


def new_model(folder: Path, dropout: float = 0.1) -> SpanModel:
    """A span model over the transformer in `folder`, its head not trained."""
    from transformers import AutoModel

    encoder = AutoModel.from_pretrained(
        folder, attention_probs_dropout_prob=0.0, attn_implementation="eager", add_pooling_layer=False
    )
    for module in list(encoder.modules()):
        if isinstance(getattr(module, "dropout", None), nn.Dropout) and module.dropout.p > 0:
            module.dropout = RowDropout(dropout)
    return SpanModel(encoder, encoder.config.hidden_size)


def save_weights(model: SpanModel, path: Path) -> None:
    """Writes the weights, replacing the file at once."""
    part = path.with_suffix(".part")
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, part)
    part.replace(path)


def load_weights(model: SpanModel, path: Path) -> None:
    """Reads weights that `save_weights` wrote. Raises RuntimeError when they are another model's."""
    model.load_state_dict(load_file(path))


def average_weights(paths: Sequence[Path], out: Path) -> None:
    """Writes the mean of weights that were trained from one another: what each forgets, the others keep.

    Wortsman et al. 2022, "Model soups". Raises KeyError or RuntimeError when they are of different models.
    """
    loaded = [load_file(path) for path in paths]
    mean = {name: torch.stack([weights[name] for weights in loaded]).mean(0) for name in loaded[0]}
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(mean, out)


def span_logits(start: Tensor, end: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """Scores of spans, less that of "no answer here": (rows, MAX_ANSWER, tokens), [r, d, i] being the span [i, i + d].

    `starts` and `ends` (rows, tokens) say where an answer may begin and end; the rest is IMPOSSIBLE. "No answer"
    is the first token, as in SQuAD 2.0 readers.
    """
    null = (start[:, 0] + end[:, 0])[:, None]
    start = torch.where(starts, start - null, IMPOSSIBLE)
    end = torch.where(ends, end, IMPOSSIBLE)
    bands = []
    for distance in range(min(MAX_ANSWER, start.shape[1])):
        band = start + torch.roll(end, -distance, dims=1)
        if distance:
            band[:, -distance:] = IMPOSSIBLE
        bands.append(band)
    return torch.stack(bands, dim=1).clamp(min=IMPOSSIBLE)


def shared_loss(scores: Tensor, gold: Tensor, groups: Tensor, count: int, doubtful: Tensor | None = None) -> Tensor:
    """Mean negative log-likelihood of the gold spans of a question, normalised over all its passages.

    `scores` from `span_logits`; `gold` (rows, MAX_ANSWER, tokens) marks right spans; `groups` (rows,) names the
    question of each row. "Nothing answers" has score 0 and is right where no span is (shared normalisation with a
    no-answer option, Clark & Gardner 2018; all right spans count together, as in their summed objective).
    `doubtful` (count,) marks questions whose labels may be wrong: their loss is (1 - p^DOUBT) / DOUBT of the right
    spans' probability p, which is bounded, so that a wrong label pulls little (Zhang & Sabuncu 2018).
    """
    rows = scores.flatten(1)
    every = _logsumexp_by(torch.logsumexp(rows, 1), groups, count)
    right = _logsumexp_by(torch.logsumexp(rows.masked_fill(~gold.flatten(1), IMPOSSIBLE), 1), groups, count)
    total = torch.logaddexp(every, torch.zeros_like(every))
    answerable = torch.zeros(count, dtype=torch.bool, device=rows.device)
    answerable[groups[gold.flatten(1).any(1)]] = True
    losses = total - torch.where(answerable, right, 0.0)
    if doubtful is not None:
        losses = torch.where(doubtful, -torch.expm1(-DOUBT * losses) / DOUBT, losses)
    return losses.mean()


def _logsumexp_by(values: Tensor, groups: Tensor, count: int) -> Tensor:
    top = torch.full((count,), IMPOSSIBLE, device=values.device).scatter_reduce(0, groups, values.detach(), "amax")
    total = torch.zeros(count, device=values.device).index_add(0, groups, torch.exp(values - top[groups]))
    return top + torch.log(total.clamp(min=1e-30))
