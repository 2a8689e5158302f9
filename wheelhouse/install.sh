#!/bin/sh
# 閉じた機械への導入（通信はしません）: sh install.sh 導入先 [pythonの名前]
#   例: sh install.sh /opt/sousei
# 更新のときも同じです。前の版へ戻すときは、前の版のフォルダの install.sh を同じ導入先に実行します。
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
to=${1:-}
wanted=$(cat "$here/PYTHON")
python=${2:-python$wanted}
if [ -z "$to" ]; then
    echo "導入先を指定してください。例: sh install.sh /opt/sousei" >&2
    exit 2
fi
(cd "$here" && sha256sum -c --quiet SHA256SUMS) || {
    echo "ファイルが運ぶ間に変わっています。もう一度運んでください（SHA256SUMS）。" >&2
    exit 1
}
found=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || found=なし
if [ "$found" != "$wanted" ]; then
    echo "Python $wanted が要ります（$python は $found）。2番目の引数で場所を指定できます。" >&2
    exit 1
fi
if [ -e "$to" ] && [ ! -f "$to/pyvenv.cfg" ] && [ -n "$(ls -A "$to")" ]; then
    echo "$to にはほかのファイルがあります。空のフォルダか、前に導入した場所を指定してください。" >&2
    exit 2
fi
PIP_CONFIG_FILE=/dev/null PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
export PIP_CONFIG_FILE PIP_DISABLE_PIP_VERSION_CHECK PIP_NO_INPUT
# 前の版の部品を残さない（同じ番号の版でも、運んだものに入れ替わる）
"$python" -m venv --clear "$to"
"$to/bin/python" -m pip install --quiet --no-index --no-cache-dir --find-links "$here/wheels" --only-binary :all: \
    --require-hashes -r "$here/requirements.txt"
"$to/bin/python" -m pip check
"$to/bin/sousei" --help > /dev/null
echo "導入しました: $to/bin/sousei"
echo "つぎに: SOUSEI_HOME=/var/lib/sousei $to/bin/sousei refresh --samples   （operation.ja.md を参照）"
