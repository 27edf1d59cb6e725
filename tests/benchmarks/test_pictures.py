from PIL import Image

from benchmarks.pictures import WIDTH, main


def test_the_pictures_of_the_docs_can_be_drawn_anew(tmp_path):
    main(tmp_path)
    names = [f"performer-{name}.jpg" for name in ("fields", "layers", "shapes")]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for path in tmp_path.iterdir():
        assert path.stat().st_size < 150_000
        with Image.open(path) as picture:
            assert picture.width == WIDTH
