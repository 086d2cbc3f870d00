# shellcheck shell=sh disable=SC2034 # the lists are used where this is sourced
# SPDX-License-Identifier: MIT
# What ./run and ./test need, by the names of Debian 12 and Ubuntu 22.10 and later.
# Sourced, not run.

# To build both programs.
QS_BUILD_PACKAGES="
  gcc libc6-dev meson ninja-build pkgconf gettext
  libglib2.0-dev libgtk-4-dev libadwaita-1-dev
  libprotobuf-c-dev protobuf-c-compiler libjson-glib-dev libarchive-dev
  libgdk-pixbuf-2.0-dev libcairo2-dev libpango1.0-dev
  desktop-file-utils"

# To show a window that looks as it should: fonts, icons, the portal's settings.
QS_WINDOW_PACKAGES="
  fonts-cantarell fonts-dejavu-core adwaita-icon-theme hicolor-icon-theme librsvg2-common
  gsettings-desktop-schemas shared-mime-info"

# To test without a display, and to read what a screen reader is told.
QS_TEST_PACKAGES="
  xvfb xauth dbus dbus-x11 at-spi2-core python3-gi python3-pyatspi gir1.2-atspi-2.0
  g++ libonnx-testdata libsimde-dev appstream binutils"

# pkg-config names with the oldest version that will do, for machines without apt.
QS_DEPENDENCIES="
  glib-2.0>=2.74 gio-unix-2.0>=2.74 gtk4>=4.8 libadwaita-1>=1.2 libprotobuf-c>=1.4
  json-glib-1.0>=1.6 libarchive>=3.6 gdk-pixbuf-2.0>=2.42 cairo>=1.16 pangocairo>=1.50"
QS_PROGRAMS="cc meson ninja pkg-config msgfmt protoc-c glib-compile-resources"

qs_missing_packages ()
{
  for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | sort -u) || status=
    case "$status" in
      *installed*) case "$status" in *not-installed*) echo "$package" ;; esac ;;
      *) echo "$package" ;;
    esac
  done
}

qs_as_root ()
{
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "Only root can install packages, and there is no sudo. As root, run:" >&2
    echo "  $*" >&2
    return 1
  fi
}

# Installs those of the packages that are missing; touches nothing when none is.
qs_install ()
{
  missing=$(qs_missing_packages "$@" | tr '\n' ' ')
  [ -n "$missing" ] || return 0

  echo "Installing with apt: $missing"
  # A fresh system has no lists yet.
  ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 ||
    qs_as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
  # shellcheck disable=SC2086 # a list of words
  qs_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    $missing && return 0

  # The lists may be too old for what is on the servers.
  qs_as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
  # shellcheck disable=SC2086
  qs_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    $missing
}

# Says what is not there on a machine without apt; false when anything is missing.
qs_check_dependencies ()
{
  lacking=
  for program in $QS_PROGRAMS; do
    command -v "$program" >/dev/null || lacking="$lacking $program"
  done
  for dependency in $QS_DEPENDENCIES; do
    name=${dependency%%>=*}
    pkg-config --exists "$name >= ${dependency##*>=}" 2>/dev/null || lacking="$lacking $dependency"
  done
  [ -n "$lacking" ] || return 0

  echo "Quantoscope needs these, and this machine has no apt to install them with:" >&2
  for word in $lacking; do
    echo "  $word" >&2
  done
  return 1
}

# qs_prepare PACKAGE…: whatever this machine offers to get everything that is needed.
qs_prepare ()
{
  if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
    qs_install "$@"
  else
    qs_check_dependencies
  fi
}

# Messages in UTF-8 also where no locale was ever set up; C.UTF-8 is part of the C library.
case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in
  *.UTF-8 | *.utf8) ;;
  *) export LC_ALL=C.UTF-8 ;;
esac
