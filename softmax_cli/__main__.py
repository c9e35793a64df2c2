"""``python -m softmax_cli`` is the same as ``softmax-cli``."""


def main() -> None:
    """The entry point: Ctrl-C ends quietly even while the command line is still being loaded."""
    try:
        from softmax_cli.cli import main as run
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    run()


if __name__ == "__main__":
    main()
