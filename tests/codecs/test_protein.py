import pyarrow as pa
import pytest

from fivefold.codecs.fasta import proteins_of, read_fasta
from fivefold.codecs.protein import ProteinCodec
from fivefold.codecs.reading import read_data
from fivefold.errors import InputError

FILE = b""";a comment of old
>sp|P1 one OS=A
MKVLAAGIBZXUOJ
GGH*

>two
mkva-gg
>three

>four
AC
"""


def test_records_of_several_lines_small_letters_gaps_and_empty_ones():
    table = read_fasta(FILE, "a.fasta")
    assert table["protein"].to_pylist() == ["MKVLAAGIBZXUOJGGH*", "MKVAGG", "AC"]
    notices = ProteinCodec().fit(table).notices
    assert [notice.split()[1] for notice in notices] == ["1", "1", "1"]
    assert ["without" in n or "small" in n or "gaps" in n for n in notices] == [True] * 3


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (b">one\nMKV\n>two\nMK\nM3V\n", "a.fa:5", "record 'two' holds '3'"),
        (b">one\nM\xc3\x9fV\n", "a.fa:2", "no amino acid"),
        (b"MKV\n>one\nMKV\n", "a.fa:1", "before any header"),
        (b">one\n>two\n", "a.fa", "no record has a sequence"),
        (b"", "a.fa", "no records"),
    ],
)
def test_errors_name_record_and_line(data, where, what):
    with pytest.raises(InputError, match=what) as caught:
        read_fasta(data, "a.fa")
    assert caught.value.where == where


@pytest.mark.parametrize("alphabet", [None, "characters", "bytes"])
def test_proteins_come_back(alphabet):
    table = pa.table({"protein": ["MKVLAAGIBZXUOJGGH*", "AC"]})
    codec = ProteinCodec(alphabet=alphabet).fit(table)
    again = ProteinCodec.from_dict(codec.to_dict())
    assert again.decode(codec.encode(table)[:2]).equals(table)


def test_something_else_in_a_column_is_named_with_its_place():
    with pytest.raises(InputError, match="'m' at place 2 of 'Mm'"):
        ProteinCodec().fit(pa.table({"protein": ["MK", "Mm"]}))


def test_a_long_protein_is_cut_into_windows_and_put_together():
    table = pa.table({"protein": ["MKV" * 500]})
    codec = ProteinCodec(length=64).fit(table)
    assert len(codec.encode(table)) > 20
    assert codec.documents(codec.encode(table)).equals(table)


def test_written_fasta_is_read_again(tmp_path):
    table = pa.table({"protein": ["MKV" * 50, "AC"]})
    path = tmp_path / "out.fasta.gz"
    ProteinCodec().fit(table).write(table, path)
    kind, again = read_data(str(path))
    assert kind == "protein"
    assert again["protein"].to_pylist() == table["protein"].to_pylist()


def test_the_text_has_numbered_names_and_lines_of_sixty(tmp_path):
    table = pa.table({"protein": ["M" * 61]})
    ProteinCodec().fit(table).write(table, tmp_path / "out.faa")
    assert (tmp_path / "out.faa").read_text() == f">synthetic_1\n{'M' * 60}\nM\n"


def test_a_column_of_a_table_is_taken_and_a_bad_row_named():
    assert proteins_of(pa.table({"s": ["m k", None]}), "s").to_pydict() == {"protein": ["MK"]}
    with pytest.raises(InputError, match="row 2 column s"):
        proteins_of(pa.table({"s": ["MK", "M1"]}), "s")


def test_a_prompt_that_is_no_protein_is_named():
    codec = ProteinCodec().fit(pa.table({"protein": ["MKV"] * 3}))
    with pytest.raises(InputError, match="no amino acid"):
        codec.condition({"prompt": "M1"}, 2)
