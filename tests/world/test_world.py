from tests.world.state import Settings


def test_reports(world):
    assert world.report()["requests"] == {}
    assert Settings().plan == "free"
