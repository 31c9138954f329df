"""The one exception that is the user's to mend."""


class InputError(ValueError):
    """Something the user gave cannot be used: a file, a parameter, a weight.

    The message is one line: what is wrong, where, expected and actual, what to do. Stages print it without a traceback.
    """

    def __str__(self) -> str:
        # A file's name may hold a line break.
        return super().__str__().replace("\n", "\\n")
