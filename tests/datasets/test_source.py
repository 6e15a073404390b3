"""The folders of datasets, and the messages if a dataset cannot be downloaded."""

import hashlib
import http.server
import os
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import requests
import tensorflow_datasets as tfds
from tensorflow_datasets.core.download.download_manager import NonMatchingChecksumError

from keras_gru import datasets
from keras_gru.datasets.published import source
from keras_gru.datasets.published.cta_ridership.builder import CtaRidershipBuilder
from keras_gru.datasets.published.etth1.builder import Etth1Builder
from keras_gru.datasets.published.polyphonic_music import PolyphonicMusic
from keras_gru.datasets.published.polyphonic_music import builder as polyphonic_music
from keras_gru.datasets.published.source import DATA_DIR, MANUAL_DIR
from keras_gru.datasets.published.spa_eng import SpaEng
from keras_gru.datasets.published.spa_eng import builder as spa_eng
from keras_gru.errors import UserError

FILES = {
    CtaRidershipBuilder: ["ridership.tgz"],
    Etth1Builder: ["ETTh1.csv"],
    polyphonic_music.PolyphonicMusicBuilder: [
        "JSB_Chorales.mat",
        "Nottingham.mat",
        "MuseData.mat",
        "Piano_midi.mat",
    ],
    spa_eng.SpaEngBuilder: ["spa-eng.zip"],
}


class Numbers(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = tfds.features.FeaturesDict({"number": np.int64})
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        return {"train": enumerate({"number": number} for number in range(3))}

    def _generate_examples(self):
        raise NotImplementedError


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    def unreachable(*args, **kwargs):
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "head", unreachable)
    monkeypatch.setenv(DATA_DIR, str(tmp_path / "data"))
    # The dataset might be prepared in TFDS's default folder.
    monkeypatch.setattr(tfds.core.DatasetBuilder, "is_prepared", lambda self: False)


@pytest.mark.parametrize("builder, name", [(b, name) for b in FILES for name in FILES[b]])
def test_checksums_are_registered(builder, name, needs):
    assert len(builder.url_infos) == len(FILES[builder])
    (url, info) = next(pair for pair in builder.url_infos.items() if pair[1].filename == name)
    assert url.endswith(name) and len(info.checksum) == 64
    needs(name)
    content = (Path(os.environ[MANUAL_DIR]) / name).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (info.size, info.checksum)


def test_without_network_and_file_the_missing_file_is_named(no_network, monkeypatch):
    monkeypatch.delenv(MANUAL_DIR, raising=False)
    with pytest.raises(UserError) as error:
        datasets.load(PolyphonicMusic(kind="jsb_chorales"))
    sentence = str(error.value)
    for part in ("JSB_Chorales.mat", "https://", "cannot be reached", f"set {MANUAL_DIR}"):
        assert part in sentence
    assert "\n" not in sentence


def test_a_file_with_the_wrong_content_is_rejected(no_network, monkeypatch, tmp_path):
    (tmp_path / "JSB_Chorales.mat").write_bytes(b"something else")
    monkeypatch.setenv(MANUAL_DIR, str(tmp_path))
    with pytest.raises(UserError, match=r"JSB_Chorales\.mat in .* is not the file .* SHA-256"):
        datasets.load(PolyphonicMusic(kind="jsb_chorales"))


def test_a_file_with_another_checksum_is_not_reported_as_missing(no_network, monkeypatch, tmp_path):
    """The sentence pairs have a second address, tried if the first file differs."""
    (tmp_path / "spa-eng.zip").write_bytes(b"something else")
    monkeypatch.setenv(MANUAL_DIR, str(tmp_path))
    with pytest.raises(UserError, match=r"spa-eng\.zip.*SHA-256 differs") as error:
        datasets.load(SpaEng(kind="spa_eng"))
    assert "is not in" not in str(error.value)


def test_a_download_that_fails_although_its_address_exists(monkeypatch, tmp_path):
    """A local server that answers HEAD and fails on GET."""

    class FailsOnGet(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200)
            self.end_headers()

        def do_GET(self):
            self.send_error(403)

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("localhost", 0), FailsOnGet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://localhost:{server.server_port}/JSB_Chorales.mat"
        info = tfds.download.checksums.UrlInfo(1, "0" * 64, "JSB_Chorales.mat")
        monkeypatch.setattr(polyphonic_music.PolyphonicMusicBuilder, "url_infos", {url: info})
        monkeypatch.setattr(polyphonic_music, "_FOLDER", url.rpartition("/")[0])
        monkeypatch.setenv(DATA_DIR, str(tmp_path))
        monkeypatch.delenv(MANUAL_DIR, raising=False)
        monkeypatch.setenv("no_proxy", "localhost")
        # The dataset might be prepared in TFDS's default folder.
        monkeypatch.setattr(tfds.core.DatasetBuilder, "is_prepared", lambda self: False)
        with pytest.raises(UserError, match=f"403.*set {MANUAL_DIR} to that folder") as error:
            datasets.load(PolyphonicMusic(kind="jsb_chorales"))
        server.shutdown()
    assert "\n" not in str(error.value)


def test_a_read_only_folder_is_only_read(monkeypatch, tmp_path):
    """A prepared copy on a read-only disk; other datasets go to TFDS's default folder."""

    def size(seed=0):
        config = tfds.core.BuilderConfig(name=f"seed{seed}")
        return len(source.read(Numbers, ("train",), config=config)["train"]["number"])

    read_only, own = tmp_path / "read_only", tmp_path / "own"
    monkeypatch.setenv(DATA_DIR, str(read_only))
    monkeypatch.setattr(source, "_is_writable", lambda folder: Path(folder) != read_only)
    original = tfds.core.GeneratorBasedBuilder.__init__

    def with_own_folder(self, *, data_dir=None, **kwargs):
        original(self, data_dir=data_dir or str(own), **kwargs)

    monkeypatch.setattr(tfds.core.GeneratorBasedBuilder, "__init__", with_own_folder)
    assert size() == 3
    assert not read_only.exists() and (own / "numbers").is_dir()

    monkeypatch.setattr(source, "_is_writable", lambda folder: False)
    assert size() == 3  # prepared by this call
    with pytest.raises(UserError, match=f"cannot be written to; set {DATA_DIR} to a folder"):
        size(seed=1)


def test_writable_checks_the_nearest_existing_folder(tmp_path):
    (tmp_path / "file").write_text("")
    assert source._is_writable(tmp_path / "not" / "there" / "yet")
    assert not source._is_writable(tmp_path / "file" / "below")


class RepackedArchive:
    """A download manager whose address serves the same text in another archive."""

    def __init__(self, folder):
        self.folder = folder

    def download_and_extract(self, url):
        if url == spa_eng._URL:
            raise NonMatchingChecksumError
        return self.folder


@pytest.mark.parametrize("changed", [False, True])
def test_a_repacked_archive_of_sentence_pairs_is_checked_by_its_text(
    needs, monkeypatch, tmp_path, changed
):
    needs("spa-eng.zip")
    with zipfile.ZipFile(Path(os.environ[MANUAL_DIR]) / "spa-eng.zip") as archive:
        archive.extractall(tmp_path)
    if changed:
        with open(tmp_path / "spa-eng" / "spa.txt", "a") as file:
            file.write("One.\tUno.\n")
    monkeypatch.setattr(spa_eng, "check_reachable", lambda *_: None)
    builder = spa_eng.SpaEngBuilder(data_dir=tmp_path / "data")
    if changed:
        with pytest.raises(NonMatchingChecksumError):
            builder._split_generators(RepackedArchive(tmp_path))
    else:
        splits = builder._split_generators(RepackedArchive(tmp_path))
        assert next(iter(splits["train"]))[1] == {"english": "Go.", "spanish": "Ve."}
