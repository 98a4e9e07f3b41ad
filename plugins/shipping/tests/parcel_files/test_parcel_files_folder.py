"""Files that come, grow, change and go: each line is told, half a line never, whatever is interrupted."""

import shutil
import tempfile
from pathlib import Path

import pytest
from fileservers import ftpd, sshd
from hypothesis import given
from hypothesis import strategies as st

from crossdock import NeedsConfig, Rejected, Unavailable

DONE = {"done": "done"}
HEADER = "Order,Tracking\n"
NAME = "20261122T120000000000Z-a.csv"


@pytest.fixture(params=["folder", "ftp", "ftps", "sftp"])
def files(request, outbox):
    """The table `files` of a connection that reaches the folder by each protocol."""
    if request.param == "folder":
        yield {}
    elif request.param == "sftp":
        with sshd.SftpServer(outbox.folder) as server:
            key = {"host_key": server.public_key, "user": sshd.USER, "password": sshd.PASSWORD}
            yield {"protocol": "sftp", "host": "127.0.0.1", "port": server.port, "folder": "/", **key}
    else:
        with ftpd.FtpServer(outbox.folder, tls=request.param == "ftps") as server:
            login = {"host": "127.0.0.1", "port": server.port, "user": ftpd.USER, "password": ftpd.PASSWORD}
            trust = {"trusted": server.pem} if request.param == "ftps" else {}
            yield {"protocol": request.param, "folder": "/", **login, **trust}


def test_files_are_told_and_put_away_over_every_protocol(outbox, files):
    outbox.write("a.csv", HEADER + "1001,T1\n1002,T2\n")
    outbox.write("B.CSV", HEADER + "1003,Tü\n")
    outbox.write("notes.txt", "nothing of ours")
    reading = outbox.read(files={**files, **DONE}, settle=0)
    assert sorted(reading.numbers) == ["T1", "T2", "Tü"]
    assert (outbox.waiting, outbox.done) == (["notes.txt"], [NAME.replace("a.csv", "B.CSV"), NAME])
    assert outbox.read(reading.checkpoint, files={**files, **DONE}, settle=0).parcels == []


def test_a_file_that_stays_is_told_again_only_when_it_changed(outbox):
    outbox.write("a.csv", HEADER + "1001,T1\n")
    first = outbox.read(settle=0)
    assert first.numbers == ["T1"]
    second = outbox.read(first.checkpoint, settle=0)
    assert second.parcels == []
    outbox.append("a.csv", "1002,T2\n")
    assert outbox.read(second.checkpoint, settle=0).numbers == ["T1", "T2"]
    assert outbox.waiting == ["a.csv"]


def test_a_file_that_stays_is_told_again_when_the_settings_read_it_otherwise(outbox):
    outbox.write("a.csv", "Order,Tracking,Void\n1001,T1,Y\n")
    first = outbox.read(settle=0)
    columns = {"reference": "Order", "tracking_number": "Tracking", "voided": "Void"}
    again = outbox.read(first.checkpoint, settle=0, columns=columns)
    assert [parcel.voided for parcel in again.parcels] == [True]


def test_files_that_stayed_are_put_away_when_there_is_a_place_for_them(outbox):
    outbox.write("a.csv", HEADER + "1001,T1\n")
    first = outbox.read(settle=0)
    outbox.read(first.checkpoint, settle=0, files=DONE)
    assert outbox.waiting == []


def test_the_same_line_told_twice_is_one_parcel_and_a_later_one_takes_it_back(outbox):
    columns = {"reference": "Order", "tracking_number": "Tracking", "voided": "Void"}
    told = set()
    for name, word in (("a.csv", "N"), ("b.csv", "N"), ("c.csv", "Y")):
        outbox.write(name, f"Order,Tracking,Void\n1001,T1,{word}\n")

    async def records(provider):
        page = await provider.fetch_parcels(None)
        while page.more:
            told.update((record.id, provider.read_parcel(record).voided) for record in page.records)
            page = await provider.fetch_parcels(page.cursor)
        told.update((record.id, provider.read_parcel(record).voided) for record in page.records)

    outbox.ask(records, columns=columns, settle=0)
    ids = {id for id, _ in told}
    assert (len(ids), {voided for _, voided in told}) == (1, {True, False})


def test_half_a_line_is_told_when_it_is_whole(outbox):
    outbox.write("a.csv", HEADER + "1001,T1\n1002,T")
    first = outbox.read(files=DONE)
    assert (first.numbers, outbox.waiting) == (["T1"], ["a.csv"])
    outbox.append("a.csv", "22\n")
    second = outbox.read(first.checkpoint, files=DONE)
    assert (second.numbers, outbox.waiting) == (["T1", "T22"], ["a.csv"])


def test_a_file_is_whole_when_it_has_not_changed_for_a_while(outbox):
    outbox.write("a.csv", HEADER + "1001,T1\n1002,T2")
    first = outbox.read(files=DONE)
    outbox.clock.forward(59)
    second = outbox.read(first.checkpoint, files=DONE)
    assert (first.numbers, second.numbers, outbox.done) == (["T1"], [], [])
    outbox.clock.forward(1)
    third = outbox.read(second.checkpoint, files=DONE)
    assert (third.numbers, outbox.waiting, len(outbox.done)) == (["T1", "T2"], [], 1)
    assert third.checkpoint == outbox.read().checkpoint


def test_a_file_that_grows_all_day_is_told_all_day(outbox):
    outbox.write("a.csv", HEADER)
    cursor, seen = None, []
    for number in range(3):
        outbox.append("a.csv", f"{number},T{number}\n")
        outbox.clock.forward(50)
        reading = outbox.read(cursor, files=DONE)
        cursor, seen = reading.checkpoint, [*seen, reading.numbers[-1]]
    assert (seen, outbox.waiting) == (["T0", "T1", "T2"], ["a.csv"])


def test_a_line_that_comes_while_its_file_is_told_is_not_put_away_with_it(outbox):
    outbox.write("a.csv", HEADER + "1001,T1\n")

    async def scene(provider):
        page = await provider.fetch_parcels(None)
        outbox.append("a.csv", "1002,T2\n")
        await provider.acknowledge_records([record.id for record in page.records])
        return page.checkpoint

    checkpoint = outbox.ask(scene, files=DONE, settle=0)
    assert outbox.waiting == ["a.csv"]
    assert outbox.read(checkpoint, files=DONE, settle=0).numbers == ["T1", "T2"]
    assert outbox.waiting == []


def test_what_was_saved_but_not_put_away_is_told_again_and_put_away(outbox):
    outbox.write("a.csv", HEADER + "1001,T1\n")
    first = outbox.read(files=DONE, settle=0, acknowledges=False)
    assert outbox.waiting == ["a.csv"]
    assert outbox.read(first.checkpoint, files=DONE, settle=0).numbers == ["T1"]
    assert outbox.waiting == []


def test_a_long_file_is_told_page_by_page_and_put_away_after_the_last(outbox):
    outbox.write("a.csv", HEADER + "".join(f"{number},T{number}\n" for number in range(25)))

    async def scene(provider):
        page = await provider.fetch_parcels(None)
        await provider.acknowledge_records([record.id for record in page.records])
        assert outbox.waiting == ["a.csv"]
        return page

    page = outbox.ask(scene, files=DONE, settle=0, page_size=10)
    assert len(page.records) == 10
    rest = outbox.read(page.cursor, files=DONE, settle=0, page_size=10)
    assert (rest.numbers, rest.pages) == ([f"T{number}" for number in range(10, 25)], 2)
    assert outbox.waiting == []


def test_a_file_that_changed_between_two_of_its_pages_is_told_from_the_beginning(outbox):
    outbox.write("a.csv", HEADER + "1,T1\n2,T2\n3,T3\n")
    page = outbox.ask(lambda provider: provider.fetch_parcels(None), settle=0, page_size=2)
    outbox.write("a.csv", HEADER + "9,T9\n1,T1\n2,T2\n")
    assert outbox.read(page.cursor, settle=0, page_size=2).numbers == ["T9", "T1", "T2"]
    again = outbox.read(page.checkpoint, settle=0, page_size=2)
    assert again.numbers == ["T9", "T1", "T2"]


def test_many_files_without_news_are_passed_some_at_once(outbox):
    for number in range(120):
        outbox.write(f"{number:03}.csv", HEADER + f"{number},T{number}\n")
    first = outbox.read(settle=0)
    assert len(first.numbers) == 120
    second = outbox.read(first.checkpoint, settle=0)
    assert (second.numbers, second.pages) == ([], 3)


def test_a_file_without_labels_is_put_away_when_it_is_whole(outbox):
    outbox.write("a.csv", HEADER)
    outbox.write("b.csv", HEADER + ",T1\n")
    first = outbox.read(files=DONE)
    assert outbox.waiting == ["a.csv", "b.csv"]
    outbox.clock.forward(60)
    assert outbox.read(first.checkpoint, files=DONE).parcels == []
    assert (outbox.waiting, len(outbox.done)) == ([], 2)


def test_a_file_of_the_same_name_does_not_take_the_place_of_the_one_before(outbox):
    for number in range(2):
        outbox.write("a.csv", HEADER + f"{number},T{number}\n")
        outbox.read(files=DONE, settle=0)
        outbox.clock.forward(0.001)
    assert len(outbox.done) == 2


def test_a_bad_line_and_a_bad_file_hold_nothing_up(outbox):
    outbox.write("a.csv", "Order,Number\n1,T1\n")
    outbox.write("b.csv", HEADER + "2,T2\n3\n4,T4\n")
    reading = outbox.read(files=DONE, settle=0)
    assert reading.numbers == ["T2", "T4"]
    assert [fault.split(":")[0] for fault in reading.faults] == [
        "the file a.csv was not understood, and nothing of it counts",
        "b.csv, line 3",
    ]
    assert outbox.waiting == ["a.csv"]


def test_a_bad_file_is_told_once_and_read_by_itself_when_it_is_corrected(outbox):
    outbox.write("a.csv", "Order,Number\n1,T1\n")
    first = outbox.read(files=DONE, settle=0)
    second = outbox.read(first.checkpoint, files=DONE, settle=0)
    third = outbox.read(second.checkpoint, files=DONE, settle=0)
    assert (len(first.faults), second.faults, third.faults) == (1, [], [])
    assert outbox.waiting == ["a.csv"]
    outbox.write("a.csv", HEADER + "1,T1\n")
    assert outbox.read(third.checkpoint, files=DONE, settle=0).numbers == ["T1"]
    assert outbox.waiting == []


def test_a_file_that_may_not_be_read_holds_nothing_up(outbox):
    outbox.write("a.csv", HEADER + "1,T1\n")
    with ftpd.FtpServer(outbox.folder, tls=False, permissions="el") as server:
        login = {"host": "127.0.0.1", "port": server.port, "user": ftpd.USER, "password": ftpd.PASSWORD}
        files = {"protocol": "ftp", "folder": "/", **login}
        reading = outbox.read(files=files)
        assert outbox.found("1", files=files) == []
    (fault,) = reading.faults
    assert "a.csv" in fault
    assert outbox.read(reading.checkpoint).numbers == ["T1"]


def test_a_file_that_is_gone_is_forgotten(outbox):
    outbox.write("a.csv", HEADER + "1,T1\n")
    first = outbox.read(settle=0)
    (outbox.folder / "a.csv").unlink()
    second = outbox.read(first.checkpoint, settle=0)
    assert second.checkpoint == outbox.read(settle=0).checkpoint
    assert outbox.read('{"left": ["a.csv"]}', settle=0).parcels == []


@pytest.mark.parametrize("cursor", ["", "{}", "nonsense", '{"files": 7}'])
def test_a_cursor_that_leads_nowhere_begins_anew(outbox, cursor):
    outbox.write("a.csv", HEADER + "1,T1\n")
    assert outbox.read(cursor).numbers == ["T1"]


def test_labels_of_an_order_are_looked_up_in_the_files_that_are_there(outbox):
    outbox.write("a.csv", HEADER + "1001,T1\n1002,T2\n")
    outbox.write("b.csv", HEADER + "1001,T3\n1001,half")
    outbox.write("c.csv", "no,parcels\n")
    assert [parcel.tracking_number for parcel in outbox.found("1001")] == ["T1", "T3"]
    assert outbox.found("nobody's") == []


@pytest.mark.parametrize(("keeps", "known"), [(60, 1), (0, 2)])
def test_one_reading_of_all_files_serves_look_ups_for_a_while(outbox, keeps, known):
    outbox.write("a.csv", HEADER + "1,T1\n")

    async def scene(provider):
        await provider.find_parcels("1")
        outbox.append("a.csv", "1,T2\n")
        soon = await provider.find_parcels("1")
        outbox.clock.forward(60)
        return len(soon), len(await provider.find_parcels("1"))

    assert outbox.ask(scene, search_keeps=keeps) == (known, 2)


def test_checking_says_what_is_there(outbox):
    outbox.write("a.csv", HEADER + "1,T1\n2,T2\n")
    assert outbox.ask(lambda provider: provider.check(), files=DONE) == [
        f"{outbox.folder} has 1 files that fit *.csv",
        "a.csv, the last of them, tells of 2 labels",
    ]


def test_checking_names_a_column_that_is_not_there(outbox):
    outbox.write("a.csv", "Order,Number\n1,T1\n")
    with pytest.raises(NeedsConfig, match=r"a\.csv.*no column 'Tracking'; it has: Order, Number"):
        outbox.ask(lambda provider: provider.check())


def test_checking_names_a_folder_that_is_not_there(outbox):
    with pytest.raises(Rejected, match="archive"):
        outbox.ask(lambda provider: provider.check(), files={"done": "archive"})
    shutil.rmtree(outbox.folder)
    with pytest.raises(Unavailable, match="there is no folder"):
        outbox.ask(lambda provider: provider.check())


deeds = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.sampled_from("ab"), st.sampled_from(["whole", "half"])),
        st.tuples(st.just("read"), st.sampled_from(["saves", "loses"]), st.just("")),
        st.tuples(st.just("wait"), st.just(""), st.just("")),
    ),
    max_size=12,
)


@given(deeds, st.booleans())
def test_whatever_comes_between_every_label_is_told_and_none_that_was_not_written(outbox_at, steps, moves):
    with tempfile.TemporaryDirectory() as folder:
        outbox, files = outbox_at(Path(folder) / "out"), DONE if moves else {}
        written, told, cursor, open_lines = [], set(), None, set()
        for deed, which, how in [*steps, ("read", "saves", ""), ("wait", "", ""), ("read", "saves", "")]:
            if deed == "append":
                name, number = f"{which}.csv", f"T{len(written):03}"
                start = ("\n" if name in open_lines else "") if name in outbox.waiting else HEADER
                open_lines.discard(name)
                if how == "half":
                    open_lines.add(name)
                outbox.append(name, f"{start}1,{number}" + ("\n" if how == "whole" else ""))
                written.append(number)
            elif deed == "wait":
                outbox.clock.forward(60)
            else:
                reading = outbox.read(cursor, files=files, acknowledges=which == "saves")
                told |= set(reading.numbers)
                cursor = reading.checkpoint if which == "saves" else cursor
                assert not reading.faults
            assert told <= set(written)
        assert told == set(written)
        assert not (moves and outbox.waiting)
