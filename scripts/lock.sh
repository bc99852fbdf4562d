#!/usr/bin/env bash
# Resolve the locks again (needs uv). PyTorch's CPU build decides which dependencies are locked: without it uv
# would add nineteen CUDA packages. Elsewhere than on PyPI's mirrors a CPU wheel can be named by UV_FIND_LINKS.
set -euo pipefail
cd "$(dirname "$0")/.."

backend=(--torch-backend cpu)
[ -n "${UV_FIND_LINKS:-}" ] && backend=()
compile() {
    uv pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate --no-emit-package torch \
        "${backend[@]}" --constraint requirements/torch.txt --custom-compile-command "make lock" "$@"
}

compile pyproject.toml requirements/build.in --output-file requirements/lock.txt
extras=(--extra ctranslate2 --extra events --extra exchange --extra fcd --extra image
    --extra molecule --extra music --extra sound --extra text)
compile pyproject.toml "${extras[@]}" --group dev --constraint requirements/lock.txt --output-file requirements/dev.txt

if grep -nE 'file:|https?:|nvidia|cuda' requirements/lock.txt requirements/dev.txt; then
    echo "the lines above hold a local path, an index or CUDA: the locks would not install elsewhere" >&2
    exit 1
fi
