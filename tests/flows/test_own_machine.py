"""Proxies of the environment, and this machine."""

import httpx
import pytest

from flows.own_machine import exempt_own_machine, is_on_own_machine


@pytest.mark.parametrize(
    ("url", "is_own"),
    [
        ("http://127.0.0.1:4200/api", True),
        ("http://127.8.8.8", True),
        ("http://localhost:4200/api", True),
        ("http://LOCALHOST.", True),
        ("http://prefect.localhost/api", True),
        ("http://[::1]:4200/api", True),
        ("http://[::ffff:127.0.0.1]/", True),
        ("http://[::ffff:10.0.0.1]/", False),
        ("http://127.1:4200", True),
        ("http://0x7f000001", True),
        ("http://10.1", False),
        ("http://localhost.localdomain:4200", True),
        ("http://ip6-localhost", True),
        ("http://localdomain", False),
        ("http://0.0.0.0:4200", True),
        ("http://10.0.0.1", False),
        ("https://api.prefect.cloud/127.0.0.1", False),
        ("http://localhost.example.org", False),
        ("http://[bad", False),
        ("", False),
    ],
)
def test_a_url_of_this_machine_is_told_by_its_host(url, is_own):
    assert is_on_own_machine(url) is is_own


OWN = ("http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/")


def proxies_used(environment, monkeypatch, *urls):
    """Those of the URLs to which httpx, with this environment, would take a proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with httpx.Client() as client:
        return [url for url in urls if client._transport_for_url(httpx.URL(url)) is not client._transport]


@pytest.mark.parametrize(
    "given",
    [
        {"http_proxy": "http://127.0.0.1:9", "no_proxy": "internal.example"},
        {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "internal.example"},
        {"http_proxy": "127.0.0.1:9", "NO_PROXY": "internal.example"},
        {"ALL_PROXY": "socks5://127.0.0.1:9", "no_proxy": "internal.example"},
        {"all_proxy": "socks5h://u:p@127.0.0.1:9", "no_proxy": " internal.example ,"},
        {"ALL_PROXY": "socks://127.0.0.1:9/", "no_proxy": "internal.example"},
        {"http_proxy": "  http://127.0.0.1:9\n", "no_proxy": "internal.example"},
        {"http_proxy": "http://127.0.0.1:9", "no_proxy": "[::1],☃.example,internal.example"},
    ],
    ids=str,
)
def test_this_machine_is_reached_directly_and_others_as_before(given, monkeypatch):
    environment = dict(given)
    assert exempt_own_machine(environment) == ()
    others = ("http://internal.example/", "http://elsewhere.example/")
    assert proxies_used(environment, monkeypatch, *OWN, *others) == ["http://elsewhere.example/"]
    again = dict(environment)
    exempt_own_machine(again)
    assert again == environment


@pytest.mark.parametrize("value", ["gopher://127.0.0.1:9", "socks4://127.0.0.1:9", "http://a:b:c"])
def test_what_is_no_proxy_is_named_and_dropped(value, monkeypatch):
    environment = {"ALL_PROXY": value, "http_proxy": "http://127.0.0.1:9"}
    assert exempt_own_machine(environment) == ("ALL_PROXY",)
    assert "ALL_PROXY" not in environment
    assert not proxies_used(environment, monkeypatch, "http://127.0.0.1:1/")


def test_the_lower_case_name_counts_as_it_does_for_python():
    environment = {"no_proxy": "a.example", "NO_PROXY": "b.example"}
    exempt_own_machine(environment)
    assert environment["NO_PROXY"] == environment["no_proxy"] == "a.example,127.0.0.1,localhost,::1"


def test_another_name_of_this_machine_is_exempt_where_it_is_used():
    environment = {}
    exempt_own_machine(environment, url="http://127.0.0.7:4200/api")
    assert environment["no_proxy"] == "127.0.0.1,localhost,::1,127.0.0.7"
    exempt_own_machine(environment, url="https://api.prefect.cloud/api")
    assert "cloud" not in environment["no_proxy"]


@pytest.mark.parametrize(
    "given",
    [
        "10.0.0.0/8,fd00::/8",
        "::1/128",
        "fe80::/10",
        "2001:db8::/32",
        "[fd00::]/8",
        "[::1]:8080",
        "[fe80::1]:8080",
        "fe80::1%eth0",
        "localhost:*",
        "127.0.0.1:*",
        "*:80",
        "host:",
        "host:port",
        "http://h:port",
        "http://",
        "://",
        "http://xn--",
        "[bad",
        "a@xn--_",
        ":::",
        "a/b?c#d@e",
        "<local>;*.corp",
        "a b\tc",
        "9" * 400,
    ],
)
@pytest.mark.parametrize("proxy", [{}, {"http_proxy": "http://127.0.0.1:9"}], ids=["no proxy", "proxy"])
def test_no_form_of_an_exempt_host_keeps_us_from_this_machine(given, proxy, monkeypatch):
    environment = {**proxy, "no_proxy": given}
    assert exempt_own_machine(environment) == ()
    elsewhere = "http://elsewhere.example/"
    assert proxies_used(environment, monkeypatch, *OWN, elsewhere) == ([elsewhere] if proxy else [])
    again = dict(environment)
    exempt_own_machine(again)
    assert again == environment


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("[fe80::1]:8080", "http://[fe80::1]:8080/"),
        ("[fd00::7]", "http://[fd00::7]:1/"),
        ("fd00::7/128", "http://[fd00::7]/"),
        ("*.corp.example", "http://a.corp.example/"),
        ("a.example b.example", "http://b.example/"),
        ("a.example;b.example|c.example", "http://c.example/"),
        ("b.example:*", "http://b.example:5/"),
        ("b.example:5", "http://b.example:5/"),
        ("fd00::/8,b.example", "http://b.example/"),
        ("*", "http://elsewhere.example/"),
    ],
)
def test_what_is_exempt_in_other_grammars_stays_exempt(given, url, monkeypatch):
    environment = {"http_proxy": "http://127.0.0.1:9", "no_proxy": given}
    exempt_own_machine(environment)
    assert not proxies_used(environment, monkeypatch, url)
