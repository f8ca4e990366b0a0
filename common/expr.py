"""Integers that remember the expression that made them, so that emitted source says `4 * width` and not 256."""

from __future__ import annotations

from collections.abc import Mapping

Monomial = tuple[str, ...]
Polynomial = Mapping[Monomial, int]


class Sym(int):
    """An int with a polynomial over the parameters of a block; it computes, compares and hashes as the plain int.

    >>> width = Sym.atom("width", 64)
    >>> (4 * width, (4 * width).text, (width + width // 2).text)
    (256, '4 * width', 'width + width // 2')
    """

    poly: dict[Monomial, int]

    def __new__(cls, value: int, poly: Polynomial) -> Sym:
        self = super().__new__(cls, value)
        self.poly = {term: factor for term, factor in poly.items() if factor}
        return self

    @classmethod
    def atom(cls, text: str, value: int) -> Sym:
        return cls(value, {(text,): 1})

    def __add__(self, other: int) -> int:
        return _made(int(self) + int(other), _sum(self.poly, _poly(other)))

    def __sub__(self, other: int) -> int:
        return _made(int(self) - int(other), _sum(self.poly, _times(_poly(other), {(): -1})))

    def __rsub__(self, other: int) -> int:
        return _made(int(other) - int(self), _sum(_poly(other), _times(self.poly, {(): -1})))

    def __mul__(self, other: int) -> int:
        return _made(int(self) * int(other), _times(self.poly, _poly(other)))

    def __floordiv__(self, other: int) -> int:
        value, divisor = int(self) // int(other), _poly(other)
        if set(divisor) == {()} and all(factor % divisor[()] == 0 for factor in self.poly.values()):
            return _made(value, {term: factor // divisor[()] for term, factor in self.poly.items()})
        return Sym.atom(f"{_wrapped(self.text)} // {_wrapped(text(other))}", value)

    __radd__ = __add__
    __rmul__ = __mul__

    def __reduce__(self) -> tuple[type[Sym], tuple[int, dict[Monomial, int]]]:
        return Sym, (int(self), self.poly)

    @property
    def text(self) -> str:
        """The expression as Python source."""
        parts = [_term(term, abs(factor)) for term, factor in self._ordered()]
        signs = ["-" if factor < 0 else "+" for _, factor in self._ordered()]
        head = f"-{parts[0]}" if signs[0] == "-" else parts[0]
        return head + "".join(f" {sign} {part}" for sign, part in zip(signs[1:], parts[1:], strict=True))

    @property
    def atoms(self) -> set[str]:
        return {atom for term in self.poly for atom in term}

    def substitute(self, env: Mapping[str, int]) -> int:
        """The same value in the caller's terms; a part that has no name there becomes a plain number."""
        if not self.atoms <= set(env):
            return int(self)
        total: int = 0
        for term, factor in self._ordered():
            product: int = factor
            for atom in term:
                product = product * env[atom]
            total = total + product
        return total if int(total) == int(self) else int(self)

    def _ordered(self) -> list[tuple[Monomial, int]]:
        return sorted(self.poly.items(), key=lambda item: item[0] == ())


def text(value: int) -> str:
    """The expression of a symbolic int, the digits of a plain one."""
    return value.text if isinstance(value, Sym) else str(value)


def plain(value: object) -> object:
    """The same value with every symbolic int replaced by its number, through tuples."""
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    return int(value) if isinstance(value, Sym) else value


def _poly(value: int) -> Polynomial:
    return value.poly if isinstance(value, Sym) else {(): int(value)}


def _made(value: int, poly: Polynomial) -> int:
    return Sym(value, poly) if any(term and factor for term, factor in poly.items()) else value


def _sum(left: Polynomial, right: Polynomial) -> Polynomial:
    return {term: left.get(term, 0) + right.get(term, 0) for term in [*left, *(t for t in right if t not in left)]}


def _times(left: Polynomial, right: Polynomial) -> Polynomial:
    out: dict[Monomial, int] = {}
    for a, x in left.items():
        for b, y in right.items():
            term = tuple(sorted((*a, *b)))
            out[term] = out.get(term, 0) + x * y
    return out


def _term(term: Monomial, factor: int) -> str:
    atoms = [_wrapped(atom) if len(term) > 1 or factor != 1 else atom for atom in term]
    return " * ".join(([str(factor)] if factor != 1 or not term else []) + atoms)


def _wrapped(expression: str) -> str:
    return f"({expression})" if " " in expression else expression
