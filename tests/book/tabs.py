"""A browser's tab that notes what it asks for, and what goes wrong on it."""


def listen(tab, *, to_all=False):
    """Let a tab keep its ``requests``, and as ``complaints`` its errors, or all that it says."""
    tab.requests, tab.complaints = [], []
    tab.on("request", lambda request: tab.requests.append(request.url))
    tab.on("requestfailed", lambda request: _failed(tab, request))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.on("console", lambda message: _said(tab, message, to_all))
    return tab


PARTS = """() => Promise.all(
  ["families", "lanes", "plot", "tools", "reader", "traces"].map(LIFECOST.part))"""


def whole(tab):
    """Let a page have all parts of its script, which come when they are first used."""
    tab.evaluate(PARTS)
    return tab


def _said(tab, message, to_all):
    if to_all or message.type == "error":
        tab.complaints.append(message.text)


def _failed(tab, request):
    # A browser gives up on a page's icon when the page is left before it came.
    if request.failure != "net::ERR_ABORTED":
        tab.complaints.append(f"failed: {request.url}: {request.failure}")
