import pytest

WHERE = "weights (with sets.mine.weights): detector."


@pytest.mark.parametrize("file", ["../secret", "sub/x.onnx", "/x.onnx", "sub\\x.onnx", ".hidden", "", "weights.json"])
def test_a_file_that_is_a_path_or_a_name_that_is_taken_is_refused_by_the_first_stage(project, file):
    said = project.refused(weights={"detector": {"file": file, "sha256": "0" * 8}})
    assert said.startswith(
        f"{WHERE}file: Value error, expected the name of a file in data/raw/weights, not a path, found"
    )


@pytest.mark.parametrize("sha256", ["0" * 7, "0" * 65, "G" * 8])
def test_what_is_no_beginning_of_a_hash(project, sha256):
    said = project.refused(weights={"detector": {"file": "x.onnx", "sha256": sha256}})
    assert said.startswith(f"{WHERE}sha256: String should match pattern ")
