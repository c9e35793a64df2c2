"""Pickles read without Python's pickle module (https://github.com/python/cpython/blob/main/Lib/pickletools.py).

A pickle is a program for a small machine with a stack and a memo. The machine here knows numbers, text, bytes, tuples,
lists and dicts. It imports nothing and calls nothing that a file names: a name is looked up in a table that the caller
gives, whose functions make stand-ins. Protocols 0 to 5 are read, those of Python 2 too.
"""

from collections.abc import Callable, Mapping
from typing import Any

from softmax_cli.readers.containers.pickle_scalars import SCALARS, whole_number
from softmax_cli.readers.containers.pickle_stream import Stream
from softmax_cli.readers.containers.standins import (
    Maker,
    Name,
    Opaque,
    Pairs,
    Refused,
    StandIn,
    Unfit,
    damaged,
    legible,
    unknown,
)

_LATEST = 5
_MOST_STEPS = 30_000_000
_LARGEST_MEMO = 1 << 32


def unpickle(stream: Stream, names: Mapping[str, Maker], persistent: Maker | None = None) -> Any:
    """What a pickle holds, with stand-ins in the place of objects; raises Refused.

    ``persistent`` makes a stand-in of a persistent id (given as a tuple). Nested values can be deeper than Python's
    own functions (hash, repr, ==) can go, and can hold themselves.
    """
    return _Machine(stream, names, persistent).run()


class _Machine:
    def __init__(self, stream: Stream, names: Mapping[str, Maker], persistent: Maker | None) -> None:
        self.stream = stream
        self.names = names
        self.persistent = persistent
        self.stack: list[Any] = []
        self.marked: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        stream, scalars, stop = self.stream, SCALARS, ord(".")
        try:
            for _ in range(_MOST_STEPS):
                code = stream.byte()
                if code in scalars:
                    self.stack.append(scalars[code](stream))
                elif code in _OPERATIONS:
                    _OPERATIONS[code](self)
                elif code == stop:
                    return self.stack.pop()
                else:
                    damaged(f"no operation is {code:#04x}, at byte {stream.position - 1:,}")
        except IndexError:
            damaged(f"its stack is empty at byte {self.stream.position:,}")
        raise Refused(f"this pickle has more than {_MOST_STEPS:,} steps", "save its numbers as arrays")

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def since_mark(self) -> list[Any]:
        """What was pushed since the last mark."""
        items = self.stack
        self.stack = self.marked.pop()
        return items

    def remember(self, place: int) -> None:
        if not 0 <= place < _LARGEST_MEMO:
            damaged("its memo is too large")
        self.memo[place] = self.stack[-1]

    def recall(self, place: int) -> None:
        if place not in self.memo:
            damaged(f"its memo lacks what it asks for at byte {self.stream.position:,}")
        self.stack.append(self.memo[place])

    def call(self, name: Any, arguments: Any) -> None:
        """Push what the table makes of the arguments of a call."""
        if type(name) is not Name:
            damaged(f"a call of what is no name, at byte {self.stream.position:,}")
        make = self.names.get(name.path)
        if make is None:
            unknown(name)
        if type(arguments) is not tuple:
            damaged(f"a call without a tuple of arguments, at byte {self.stream.position:,}")
        try:
            self.stack.append(make(arguments))
        except Unfit:
            damaged(f"{legible(name.path)} does not take what it is given")


def _mark(machine: _Machine) -> None:
    machine.marked.append(machine.stack)
    machine.stack = []


def _pop(machine: _Machine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.since_mark()


def _tuple(count: int) -> Callable[[_Machine], None]:
    def operation(machine: _Machine) -> None:
        if len(machine.stack) < count:
            raise IndexError
        machine.stack[-count:] = [tuple(machine.stack[-count:])]

    return operation


def _append(machine: _Machine, items: list[Any]) -> None:
    if type(machine.stack[-1]) is not list:
        damaged("items for what is no list")
    machine.stack[-1].extend(items)


def _set_items(machine: _Machine, items: list[Any]) -> None:
    if type(machine.stack[-1]) is not Pairs or len(items) % 2:
        damaged("keys for what is no dict")
    machine.stack[-1].extend(zip(items[::2], items[1::2], strict=True))


def _set_item(machine: _Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _set_items(machine, [key, value])


def _dict(machine: _Machine) -> None:
    items = machine.since_mark()
    machine.stack.append(Pairs())
    _set_items(machine, items)


def _add_to_set(machine: _Machine) -> None:
    machine.since_mark()
    if type(machine.stack[-1]) is not Opaque:
        damaged("items for what is no set")


def _frozenset(machine: _Machine) -> None:
    machine.since_mark()
    machine.stack.append(Opaque())


def _global_line(machine: _Machine) -> Name:
    module, name = machine.stream.line(), machine.stream.line()
    return Name(module.decode("utf-8", "backslashreplace"), name.decode("utf-8", "backslashreplace"))


def _stack_global(machine: _Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    if type(name) is not str or type(module) is not str:
        damaged("a name that is no text")
    machine.stack.append(Name(module, name))


def _reduce(machine: _Machine) -> None:
    arguments, name = machine.stack.pop(), machine.stack.pop()
    machine.call(name, arguments)


def _new_with_keywords(machine: _Machine) -> None:
    keywords, arguments, name = machine.stack.pop(), machine.stack.pop(), machine.stack.pop()
    machine.call(name, arguments if type(keywords) is Pairs and not keywords else None)


def _instance_line(machine: _Machine) -> None:
    name = _global_line(machine)
    machine.call(name, tuple(machine.since_mark()))


def _object(machine: _Machine) -> None:
    name, *arguments = machine.since_mark() or [None]
    machine.call(name, tuple(arguments))


def _build(machine: _Machine) -> None:
    state, made = machine.stack.pop(), machine.stack[-1]
    if type(made) is Name:
        unknown(made)
    if type(made) is Pairs:  # attributes of an OrderedDict, as those of torch's state_dict
        return
    if not isinstance(made, StandIn):
        damaged("a state for what has none")
    try:
        made.build(state)
    except Unfit:
        damaged("an object does not take the state that it is given")


def _persistent(machine: _Machine, given: Any) -> None:
    if machine.persistent is None or type(given) is not tuple:
        raise Refused("this pickle refers to objects that are kept outside of it (a persistent id)")
    try:
        machine.stack.append(machine.persistent(given))
    except Unfit:
        damaged("a persistent id of another kind")


def _extension(_: _Machine) -> None:
    raise Refused("this pickle asks for an extension that only its own program knows; nothing of it was run")


def _buffer(_: _Machine) -> None:
    raise Refused("the arrays of this pickle are kept outside of it (out-of-band buffers)", "save it without them")


def _protocol(machine: _Machine) -> None:
    protocol = machine.stream.byte()
    if protocol > _LATEST:
        raise Refused(f"a pickle of protocol {protocol}; those up to {_LATEST} are read")


_Operation = Callable[[_Machine], object]

_OPERATIONS: dict[int, _Operation] = {
    # tuples, lists, dicts and sets
    ord("t"): lambda machine: machine.push(tuple(machine.since_mark())),
    0x85: _tuple(1),
    0x86: _tuple(2),
    0x87: _tuple(3),
    ord("l"): lambda machine: machine.push(machine.since_mark()),
    ord("a"): lambda machine: _append(machine, [machine.stack.pop()]),
    ord("e"): lambda machine: _append(machine, machine.since_mark()),
    ord("d"): _dict,
    ord("s"): _set_item,
    ord("u"): lambda machine: _set_items(machine, machine.since_mark()),
    0x90: _add_to_set,
    0x91: _frozenset,
    # the stack and the memo
    ord("("): _mark,
    ord("0"): _pop,
    ord("1"): lambda machine: machine.since_mark(),
    ord("2"): lambda machine: machine.stack.append(machine.stack[-1]),
    ord("p"): lambda machine: machine.remember(whole_number(machine.stream)),
    ord("q"): lambda machine: machine.remember(machine.stream.byte()),
    ord("r"): lambda machine: machine.remember(machine.stream.number(4)),
    0x94: lambda machine: machine.remember(len(machine.memo)),
    ord("g"): lambda machine: machine.recall(whole_number(machine.stream)),
    ord("h"): lambda machine: machine.recall(machine.stream.byte()),
    ord("j"): lambda machine: machine.recall(machine.stream.number(4)),
    # names, calls and states: nothing is imported, and only the table's functions are called
    ord("c"): lambda machine: machine.push(_global_line(machine)),
    0x93: _stack_global,
    ord("R"): _reduce,
    0x81: _reduce,
    0x92: _new_with_keywords,
    ord("i"): _instance_line,
    ord("o"): _object,
    ord("b"): _build,
    ord("P"): lambda machine: _persistent(machine, machine.stream.line()),
    ord("Q"): lambda machine: _persistent(machine, machine.stack.pop()),
    # what is refused, or only tells of the pickle itself
    0x82: _extension,
    0x83: _extension,
    0x84: _extension,
    0x97: _buffer,
    0x98: lambda _: None,
    0x80: _protocol,
    0x95: lambda machine: machine.stream.require(machine.stream.number(8)),
}
