"""What people who use a keyboard or a screen reader would stumble over."""

from axe_playwright_python.sync_playwright import Axe

SERIOUS = ("serious", "critical")
EXCLUDED = [
    # Core's sign beside a method, which clients never see: it says that the provider
    # is in test mode.
    ["i.fa-exclamation-triangle[data-bs-toggle=tooltip]"],
    # Core's switch at the foot of its own pages, too pale; ours are darker.
    ["footer .js_language_selector"],
]


def assert_accessible(person, scope=None):
    """Fail when axe finds something serious on the page, or in a part of it.

    :param str scope: the selector of the part that is ours
    """
    context = {"include": [[scope or "body"]], "exclude": EXCLUDED}
    found = Axe().run(person.page, context=context)
    problems = [
        f"{rule['id']} ({rule['help']}): {node['html'][:200]}"
        for rule in found.response["violations"]
        if rule["impact"] in SERIOUS
        for node in rule["nodes"]
    ]
    assert not problems, "\n".join(problems)
