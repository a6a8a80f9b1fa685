"""The list of what was pressed, for people."""


class Report:
    """Written as a whole when the crawl has ended."""

    def __init__(self, path, buttons):
        self.path = path
        self.buttons = buttons
        self.lines = []

    def adds(self, login, row, effect):
        for key in row.keys:
            label = self.buttons[key].label if key in self.buttons else ""
            self.lines.append((key, login, label, effect))

    def writes(self):
        widths = [
            max(map(len, column), default=0) for column in zip(*self.lines, strict=True)
        ]
        rows = [
            "  ".join(
                text.ljust(width) for text, width in zip(line, widths, strict=True)
            )
            for line in sorted(self.lines)
        ]
        pressed = len({line[0] for line in self.lines})
        head = f"{pressed} of {len(self.buttons)} buttons were pressed\n"
        self.path.write_text("\n".join([head, *(row.rstrip() for row in rows), ""]))
