"""What the classes are called."""


def numbered_names(names: tuple[str, ...] | None, classes: int) -> tuple[str, ...]:
    """The classes' names: a header's, else their indices."""
    return names or tuple(map(str, range(classes)))
