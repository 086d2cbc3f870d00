#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bundle.sh BUILD FOLDER [MODEL…]
#
# Puts gpu-selftest and quantoscope-cli with their shared libraries, the sample models and the models
# given into FOLDER, to be carried to a machine that has a GPU and its driver and little else, and checks
# that the programs run from there with the libraries of FOLDER alone. There:
#
#     FOLDER/run [OPTION…]          the self-test, with all models of FOLDER/models
#     FOLDER/run-cli COMMAND…       the command-line program
#
# The C library, the dynamic linker and the driver (libcuda.so.1) are the other machine's; its C library
# must be as new as the one here.
set -eu
[ $# -ge 2 ] || { sed -n '4,15s/^# \{0,1\}//p' "$0" >&2; exit 2; }
build=$1 folder=$2
shift 2
samples=$(dirname "$0")/../../data/samples

mkdir -p "$folder/lib" "$folder/samples" "$folder/models"
for program in "$build/tests/gpu-selftest/gpu-selftest" "$build/app/cli/quantoscope-cli"; do
  [ -x "$program" ] || { echo "bundle.sh: $program is not built" >&2; exit 1; }
  cp "$program" "$folder/"
  # Those of the C library belong to its dynamic linker.
  ldd "$program" | sed -n 's/^[[:space:]]*\([^ ]*\) => \(\/[^ ]*\) .*/\1 \2/p' |
    while read -r name path; do
      case $name in
        libc.so.*|libm.so.*|libdl.so.*|libpthread.so.*|librt.so.*|libresolv.so.*|ld-linux*) ;;
        *) cp -L "$path" "$folder/lib/$name" ;;
      esac
    done
done
cp "$samples"/*.onnx "$folder/samples/"
for model in "$@"; do
  cp "$model" "$folder/models/"
done

cat >"$folder/run" <<'END'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
set -- "$@" --
for model in "$here"/models/*.onnx; do
  [ -e "$model" ] && set -- "$@" "$model"
done
exec "$here/gpu-selftest" "$@"
END
cat >"$folder/run-cli" <<'END'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$here/quantoscope-cli" "$@"
END
chmod +x "$folder/run" "$folder/run-cli"

# Whatever is not in FOLDER must be the C library's or the driver's.
folder=$(cd "$folder" && pwd)
for program in gpu-selftest quantoscope-cli; do
  env -i LD_LIBRARY_PATH="$folder/lib" ldd "$folder/$program" |
    sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | grep -v "^$folder/lib/" |
    while read -r path; do
      case ${path##*/} in
        libc.so.*|libm.so.*|libdl.so.*|libpthread.so.*|librt.so.*|libresolv.so.*|ld-linux*) ;;
        *) echo "bundle.sh: $program still needs $path" >&2; exit 1 ;;
      esac
    done
done
cd /
env -i PATH=/usr/bin:/bin "$folder/run" --list >/dev/null
env -i PATH=/usr/bin:/bin "$folder/run-cli" --version
du -sh "$folder"
