"""Texts of different lengths laid end to end, so that nothing but attention ever computes a row of padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Packed:
    """The tokens of some texts in one row: `ids`, `positions` (each within its text) and `owners` (which text).

    All three are tensors of shape (tokens,) on `device`; `lengths` holds each text's number of tokens, at least one.
    """

    def __init__(self, texts: Sequence[Sequence[int]], device: str = "cpu") -> None:
        import torch

        self.lengths = [len(text) for text in texts]
        self._longest = max(self.lengths)
        lengths = torch.tensor(self.lengths)
        owners = torch.repeat_interleave(torch.arange(len(texts)), lengths)
        positions = torch.arange(len(owners)) - (lengths.cumsum(0) - lengths)[owners]
        self.ids = torch.tensor([token for text in texts for token in text], device=device)
        self.owners, self.positions = owners.to(device), positions.to(device)
        self._is_even = min(self.lengths) == self._longest
        self._places = self.owners * self._longest + self.positions

    def attend(self, joined: Any, heads: int, scale: float, is_causal: bool) -> Any:
        """Return attention of shape (tokens, heads * width) within each text.

        `joined`, of shape (tokens, heads + 2 * groups, width), holds the queries, then the keys, then the values;
        each group of keys and values serves as many heads in turn. Padding stands behind each text: where a token
        sees only what is before it, it never sees padding, and elsewhere a mask hides it.
        """
        import torch

        _, rows, width = joined.shape
        groups = (rows - heads) // 2
        shape = (len(self.lengths), self._longest)
        if not self._is_even:
            padded = joined.new_zeros((shape[0] * shape[1], rows, width))
            padded[self._places] = joined
            joined = padded
        queries, keys, values = joined.view(*shape, rows, width).transpose(1, 2).split((heads, groups, groups), dim=1)
        if groups != heads:
            keys, values = (part.repeat_interleave(heads // groups, dim=1) for part in (keys, values))
        mask = None
        if not (is_causal or self._is_even):
            ends = torch.tensor(self.lengths, device=joined.device)
            mask = (torch.arange(self._longest, device=joined.device) < ends[:, None])[:, None, None, :]
        found = torch.nn.functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=mask, is_causal=is_causal, scale=scale
        )
        found = found.transpose(1, 2).reshape(shape[0] * shape[1], heads * width)
        return found if self._is_even else found[self._places]

    def means(self, states: Any, skipped: int) -> Any:
        """Return the mean of each text's states, shape (texts, width), without its first `skipped` tokens.

        A text without a token of its own (an empty cell) is read by the token that begins it.
        """
        import torch

        lengths = torch.tensor(self.lengths, device=states.device)
        is_short = lengths <= skipped
        weights = ((self.positions >= skipped) | (is_short[self.owners] & (self.positions == 0))).to(states.dtype)
        sums = states.new_zeros((len(lengths), states.shape[1]))
        sums.index_add_(0, self.owners, states * weights[:, None])
        return sums / torch.where(is_short, 1, lengths - skipped)[:, None]
