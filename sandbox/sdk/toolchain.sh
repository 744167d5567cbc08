#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Finds what C and C++ guests are built with, and says so in lines of the form KEY=value:
#
#   WASM_KIND          clang, or zig (clang inside zig's package from PyPI)
#   WASM_VERSION       clang's version, or zig's
#   WASM_CC            path of the compiler driver for Wasm
#   WASM_CFLAGS        flags for compiling, separated by single spaces
#   WASM_LDFLAGS       more flags for linking
#   NATIVE_CC          path of a native compiler driver
#   NATIVE_SANITIZERS  what NATIVE_CC can link with -fsanitize=, perhaps nothing
#
# A value reaches to the end of its line and is not quoted. With --profile there are two lines more, all
# that a build of that profile needs; docs/build-profiles.md says what each flag is for:
#
#   CFLAGS             flags for compiling C for Wasm, WASM_CFLAGS among them
#   CXXFLAGS           the same for C++, where there is a C++ library; C++ is linked with them, too
#   LDFLAGS            flags for linking, WASM_LDFLAGS among them; needed with CFLAGS or CXXFLAGS
#
#   --profile NAME     release, checked-O0 or checked-O1; a native compiler is not needed then
#   --cxx              a C++ library for Wasm is needed
#   --build            make and cmake are needed
#   --install          install what is missing, where that is allowed
#   --prefer zig       use zig even where a good clang is there
#   --dir DIR          where zig is kept (target/toolchain beside the SDK's folder)
#
# The script is complete with sanitizer-imports.txt beside it: a copy of both works in any project.
#
# Without --install nothing is changed: what is missing is named, and the exit code is 1. Environment:
# WASI_SDK_PATH is searched first where it is set.

set -eu

# The sanitizer's builds need outlined callbacks and flags that older versions do not have.
CLANG_MIN=21
# Tested here. The hash is that of the wheel for Linux on x86-64, the platform that is supported.
ZIG_VERSION=0.17.1
ZIG_WHEEL_SHA256=ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# In its own repository the SDK lies two folders deep, in the projects of others one.
workspace=${here%/*}
workspace=${workspace%/sandbox}
dir=$workspace/target/toolchain
install=false
prefer=clang
profile=''
cxx=false
build=false

say() {
    printf '%s\n' "$*" >&2
}

usage() {
    say "usage: toolchain.sh [--install] [--prefer clang|zig] [--dir DIR] [--cxx] [--build] \\"
    say "                    [--profile release|checked-O0|checked-O1]"
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
    --install) install=true ;;
    --cxx) cxx=true ;;
    --build) build=true ;;
    --prefer)
        case ${2:-} in
        clang | zig) prefer=$2 ;;
        *) usage ;;
        esac
        shift
        ;;
    --profile)
        case ${2:-} in
        release | checked-O0 | checked-O1) profile=$2 ;;
        *) usage ;;
        esac
        shift
        ;;
    --dir)
        [ -n "${2:-}" ] || usage
        mkdir -p -- "$2"
        dir=$(CDPATH='' cd -- "$2" && pwd)
        shift
        ;;
    *) usage ;;
    esac
    shift
done
# Flags are words, and those of checked builds have this folder's path in them.
case $profile$here in checked*[[:space:]]*) say "white space in a path of flags, move the folder: $here" && exit 1 ;; esac

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

# ---- Looking -------------------------------------------------------------------------------------

# Whether a compiler with flags builds a program that needs everything: headers, libc, linker, builtins.
links() {
    cat >"$scratch/probe.c" <<'PROBE'
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
    long double x = argc;
    char *text = malloc((size_t)argc);
    return text == NULL || argv == NULL || x * x < 0;
}
PROBE
    "$@" "$scratch/probe.c" -o "$scratch/probe" >"$scratch/log" 2>&1
}

# Lists the clangs on the machine, newest first, as "VERSION PATH".
list_clangs() {
    (
        IFS=:
        for folder in ${WASI_SDK_PATH:+"$WASI_SDK_PATH/bin"} $PATH; do
            for clang in "$folder"/clang "$folder"/clang-[0-9]*; do
                case ${clang##*/clang} in
                '' | -[0-9] | -[0-9][0-9]) [ -x "$clang" ] || continue ;;
                *) continue ;;
                esac
                version=$("$clang" -dumpversion 2>/dev/null) || continue
                printf '%s %s\n' "$version" "$clang"
            done
        done
    ) | sort -s -t . -k 1,1nr
}

# Finds the C library for Wasm in the layouts of distributions and of the WASI SDK, as flags.
list_sysroots() {
    for root in ${WASI_SDK_PATH:+"$WASI_SDK_PATH/share/wasi-sysroot"} /usr /usr/share/wasi-sysroot \
        /usr/wasm32-wasi; do
        for triple in wasm32-wasip1 wasm32-wasi; do
            if [ -f "$root/lib/$triple/libc.a" ] && [ -d "$root/include/$triple" ]; then
                # Without -nostdlibinc a header that this libc does not have is silently taken from
                # the host's. That clang calls wasm32-wasi deprecated does not change where
                # distributions keep their files.
                printf '%s\n' "--target=$triple --sysroot=$root -nostdlibinc -isystem $root/include/$triple -Wno-deprecated"
            fi
        done
    done
}

# Finds the C++ library's headers beside the C library's, which stand in the flags.
cxx_headers() {
    headers=${1##*-isystem }
    headers=${headers%% *}/c++/v1
    if [ -d "$headers" ]; then
        printf '%s' "$headers"
    fi
}

find_clang() {
    list_sysroots >"$scratch/sysroots"
    list_clangs >"$scratch/clangs"
    while read -r version clang; do
        [ "${version%%.*}" -ge "$CLANG_MIN" ] || return 1
        while read -r flags; do
            if $cxx && [ -z "$(cxx_headers "$flags")" ]; then
                continue
            fi
            # clang runs a wasm-opt that it finds after the link, and that one drops names.
            for no_wasm_opt in --no-wasm-opt ''; do
                # shellcheck disable=SC2086 # the flags are words
                if links "$clang" $flags $no_wasm_opt; then
                    wasm_kind=clang wasm_version=$version wasm_cc=$clang
                    wasm_cflags=$flags wasm_ldflags=$no_wasm_opt
                    return 0
                fi
            done
        done <"$scratch/sysroots"
    done <"$scratch/clangs"
    return 1
}

zig_home() {
    printf '%s/zig-%s' "$dir" "$ZIG_VERSION"
}

find_zig() {
    [ -f "$(zig_home)/ready" ] || return 1
    wasm_kind=zig wasm_version=$ZIG_VERSION wasm_cc=$(zig_home)/wasm-cc
    # zig's driver turns UBSan on by itself unless it is told not to.
    wasm_cflags='-target wasm32-wasi -fno-sanitize=undefined' wasm_ldflags=
}

find_wasm() {
    if [ "$prefer" = zig ]; then
        find_zig
    else
        find_clang || find_zig
    fi
}

# A native compiler, with sanitizers where one has them: the clang found above, or the system's.
find_native() {
    native_cc='' native_sanitizers=''
    for cc in "$(clang_found)" cc gcc clang; do
        cc=$(command -v "$cc") || continue
        if links "$cc" -fsanitize=address,undefined; then
            native_cc=$cc native_sanitizers=address,undefined
            return 0
        fi
        if [ -z "$native_cc" ] && links "$cc"; then
            native_cc=$cc
        fi
    done
    [ -n "$native_cc" ]
}

clang_found() {
    [ "$wasm_kind" = clang ] && printf '%s' "$wasm_cc"
    return 0
}

# What cargo links with, and what builds libFuzzer.
has_linker() {
    command -v cc >/dev/null && links cc
}

# What guests are built with, and the examples and tests of the SDK.
has_build_tools() {
    command -v make >/dev/null && command -v cmake >/dev/null
}

# Whether everything is there that was asked for.
has_all() {
    find_wasm && has_native_tools && { ! $build || has_build_tools; }
}

# A profile is about Wasm alone.
has_native_tools() {
    [ -n "$profile" ] || { has_linker && has_cxx; }
}

has_cxx() {
    command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null
}

# ---- Installing ----------------------------------------------------------------------------------

# Runs a command as root, or fails at once where that is not allowed without a password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

may_install() {
    command -v apt-get >/dev/null && as_root true 2>/dev/null
}

apt_install() {
    say "toolchain: installing $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2
}

apt_has() {
    apt-cache show "$1" >/dev/null 2>&1
}

# Names the packages of the newest clang that can build for Wasm, or nothing where it is too old.
apt_clang_packages() {
    apt-cache pkgnames clang- 2>/dev/null | sed -n 's/^clang-\([0-9][0-9]*\)$/\1/p' | sort -nr |
        while read -r number; do
            [ "$number" -ge "$CLANG_MIN" ] || break
            if apt_has "lld-$number" && apt_has "libclang-rt-$number-dev-wasm32" && apt_has wasi-libc &&
                { ! $cxx || apt_has "libc++abi-$number-dev-wasm32"; }; then
                printf '%s\n' "clang-$number lld-$number libclang-rt-$number-dev" \
                    "libclang-rt-$number-dev-wasm32 wasi-libc"
                ! $cxx || printf '%s\n' "libc++-$number-dev-wasm32 libc++abi-$number-dev-wasm32"
                break
            fi
        done | paste -s -d ' ' -
}

# Names the packages without which zig cannot be fetched.
apt_python_packages() {
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3 python3-venv ca-certificates
}

# Names the packages that would bring what is missing, on one line.
apt_wanted_packages() {
    {
        has_native_tools || {
            has_linker || echo gcc libc6-dev
            has_cxx || echo g++
        }
        ! $build || has_build_tools || echo make cmake
        find_wasm || {
            clang_packages=''
            [ "$prefer" = zig ] || clang_packages=$(apt_clang_packages)
            if [ -n "$clang_packages" ]; then
                printf '%s\n' "$clang_packages"
            else
                apt_python_packages
            fi
        }
    } | paste -s -d ' ' -
}

# Writes the driver. It names the working directory as /proc/self/cwd, so that the debug information
# of zig's own C library names no folder of this machine. (clang believes PWD, zig resolves no links.)
write_zig_driver() {
    cat >"$1" <<'DRIVER'
#!/bin/sh
home=${0%/*}
case $home in
/*) ;;
*) home=$PWD/$home ;;
esac
case $home in
"$PWD"/*)
    home=/proc/self/cwd${home#"$PWD"}
    PWD=/proc/self/cwd
    ;;
esac
ZIG_LIB_DIR=$home/lib ZIG_GLOBAL_CACHE_DIR=$home/cache ZIG_LOCAL_CACHE_DIR=$home/cache
export PWD ZIG_LIB_DIR ZIG_GLOBAL_CACHE_DIR ZIG_LOCAL_CACHE_DIR
exec "$home/zig" cc "$@"
DRIVER
    chmod +x "$1"
}

# Fetches zig from PyPI. The virtual environment is only the way to pip; what is kept is the package.
fetch_zig() {
    python3 -c 'import ensurepip, venv' 2>/dev/null || return 1
    say "toolchain: fetching zig $ZIG_VERSION from PyPI"
    mkdir -p -- "$dir"
    work=$(mktemp -d "$dir/fetch.XXXXXX")
    printf 'ziglang==%s --hash=sha256:%s\n' "$ZIG_VERSION" "$ZIG_WHEEL_SHA256" >"$work/wheel.txt"
    if ! {
        python3 -m venv "$work/venv" &&
            "$work/venv/bin/pip" install --quiet --no-deps --no-compile --only-binary :all: \
                --require-hashes -r "$work/wheel.txt"
    } >&2; then
        rm -rf -- "$work"
        return 1
    fi
    rm -rf -- "$(zig_home)"
    mv -- "$work"/venv/lib/python3*/site-packages/ziglang "$(zig_home)"
    rm -rf -- "$work"
    write_zig_driver "$(zig_home)/wasm-cc"
    # The first link builds the C library. It is done here, once, and from where guests are built.
    say "toolchain: zig builds its C library, about half a minute"
    if ! (cd -- "$workspace" && links "$(zig_home)/wasm-cc" -target wasm32-wasi -O2); then
        cat "$scratch/log" >&2
        return 1
    fi
    : >"$(zig_home)/ready"
}

install_missing() {
    if has_all; then
        return 0
    fi
    if may_install; then
        say "toolchain: looking for packages"
        # Old lists are better than none.
        as_root apt-get update -q >&2 || say "toolchain: apt-get update failed, going on"
        packages=$(apt_wanted_packages)
        # shellcheck disable=SC2086 # the packages are words
        [ -z "$packages" ] || apt_install $packages || say "toolchain: apt-get install failed"
    fi
    find_wasm || fetch_zig || say "toolchain: zig could not be fetched"
}

# ---- Saying --------------------------------------------------------------------------------------

# Names everything that is missing, once, and how to get it.
complain() {
    say "toolchain: cannot build guests and tests on this machine. Missing:"
    libraries='a WASI C library,'
    ! $cxx || libraries='WASI libraries for C and C++,'
    $wasm_found || say "  - clang $CLANG_MIN or newer with wasm-ld, compiler-rt for wasm32 and $libraries" \
        "or zig $ZIG_VERSION from PyPI"
    $tools_found || say "  - make and cmake"
    $native_found || say "  - a C compiler that links programs, as cc (Rust links with it)"
    $cxx_found || say "  - a C++ compiler, as c++ (libFuzzer is built with it)"
    if command -v apt-get >/dev/null; then
        packages=$(apt_wanted_packages)
        [ -z "$packages" ] || say "As root: apt-get update && apt-get install $packages"
    fi
    $install || say "Or let this script do it: $0 --install$wanted"
}

# ---- Profiles ------------------------------------------------------------------------------------

# C++ without exceptions: no C++ library for Wasm has them unless the engine has, and the sandbox's has not.
# With the flag a `throw` is an error at its line; without it, an undefined symbol of the whole module.
cxx_flags() {
    case $wasm_kind in
    zig) printf '%s' "$wasm_cflags -lc++" ;;
    *)
        # The C++ library's headers come before those of C, whose names they take.
        headers=$(cxx_headers "$wasm_cflags")
        [ -n "$headers" ] || return 0
        printf '%s' "--driver-mode=g++ ${wasm_cflags%%-isystem *}-isystem $headers -isystem ${wasm_cflags##*-isystem }"
        ;;
    esac
    printf '%s' ' -fno-exceptions'
}

# Line tables in all of them: a trap then has a file and a line.
profile_cflags() {
    case $profile in
    release) printf '%s' '-O2' ;;
    checked-*) printf '%s' "-${profile#checked-} $(checked_cflags)" ;;
    esac
    printf '%s' ' -gline-tables-only -fstrict-flex-arrays=3'
}

profile_cxxflags() {
    [ "$profile" != release ] || return 0
    # libc++ asserts what is asked of its callers, each by a trap of its own, and has arrays of one for longer ones.
    printf '%s' '-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_EXTENSIVE'
    printf '%s' ' -mllvm -enable-tail-merge=false -fstrict-flex-arrays=1'
}

checked_cflags() {
    # The layout, said through calls, as the sandbox needs it.
    printf '%s' '-fsanitize=address -fsanitize-address-use-after-return=always'
    printf '%s' ' -mllvm -asan-instrumentation-with-call-threshold=0'
    printf '%s' ' -mllvm -asan-max-inline-poisoning-size=0 -ftrivial-auto-var-init=pattern'
    # What no shadow memory sees; each by itself, since of a list zig's driver takes the first alone.
    for undefined in undefined float-divide-by-zero; do
        printf '%s' " -fsanitize=$undefined"
        case $wasm_kind in
        # zig links functions of its own for failed checks. So they are traps that say which check they are.
        zig) printf '%s' " -fsanitize-trap=$undefined" ;;
        # The sandbox has these functions, and is told types and values.
        *) printf '%s' " -fno-sanitize-trap=$undefined -fno-sanitize-recover=$undefined" ;;
        esac
    done
    [ "$wasm_kind" != zig ] || printf '%s' ' -fsanitize-debug-trap-reasons=detailed'
    ! accepts -fno-sanitize-merge || printf '%s' ' -fno-sanitize-merge'
}

# Whether the compiler knows a flag.
accepts() {
    echo 'int x;' >"$scratch/flag.c"
    # shellcheck disable=SC2086 # the flags are words
    "$wasm_cc" $wasm_cflags -Werror -g1 -fsanitize=undefined -fsanitize-trap=undefined "$1" -c "$scratch/flag.c" -o "$scratch/flag.o" >/dev/null 2>&1
}

# Frames with redzones are larger, and -O0 has more of them.
profile_ldflags() {
    case $profile in
    checked-*)
        # zig's linker takes no list, only all undefined symbols or none.
        case $wasm_kind in
        zig) printf '%s' '-Wl,--import-symbols' ;;
        *) printf '%s' "-Wl,--allow-undefined-file=$here/sanitizer-imports.txt" ;;
        esac
        printf '%s' ' -Wl,-z,stack-size=8388608'
        ;;
    esac
}

if $install; then
    install_missing
fi

wasm_kind='' wasm_found=true native_found=true cxx_found=true tools_found=true
wanted=''
! $cxx || wanted="$wanted --cxx"
! $build || wanted="$wanted --build"
find_wasm || wasm_found=false
find_native && has_linker || [ -n "$profile" ] || native_found=false
has_cxx || [ -n "$profile" ] || cxx_found=false
! $build || has_build_tools || tools_found=false
if ! { $wasm_found && $native_found && $cxx_found && $tools_found; }; then
    complain
    exit 1
fi

cat <<ANSWER
WASM_KIND=$wasm_kind
WASM_VERSION=$wasm_version
WASM_CC=$wasm_cc
WASM_CFLAGS=$wasm_cflags
WASM_LDFLAGS=$wasm_ldflags
NATIVE_CC=$native_cc
NATIVE_SANITIZERS=$native_sanitizers
ANSWER
if [ -n "$profile" ]; then
    # Words apart by single spaces, whichever of them are empty.
    # shellcheck disable=SC2046,SC2086 # the flags are words
    echo CFLAGS=$(echo $wasm_cflags $(profile_cflags))
    cxxflags=$(cxx_flags)
    # shellcheck disable=SC2046,SC2086 # the flags are words
    [ -z "$cxxflags" ] || echo CXXFLAGS=$(echo $cxxflags $(profile_cflags) $(profile_cxxflags))
    # shellcheck disable=SC2046,SC2086 # the flags are words
    echo LDFLAGS=$(echo $wasm_ldflags $(profile_ldflags))
fi
