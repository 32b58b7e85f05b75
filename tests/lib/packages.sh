# Read by ./demo and ./check: what a bare Debian 12 lacks, and how it is put there. Needs $ROOT and die().

# The packages of conf/packages.txt that are missing for the needs given (build, run, check).
packages_missing() {
	local need package probe installed

	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null)
	while read -r need package probe; do
		case " $* " in *" $need "*) ;; *) continue ;; esac
		if [ "$probe" = - ]; then
			[[ $'\n'$installed$'\n' == *$'\n'"installed $package"$'\n'* ]] || echo "$package"
		else
			PATH=$PATH:/usr/sbin:/sbin command -v "$probe" >/dev/null || echo "$package"
		fi
	done < <(grep -v '^#' "$ROOT/conf/packages.txt")
}

# agree SENTENCE: the person says yes, or --yes was given.
agree() {
	local answer

	[ "$YES" = yes ] && return 0
	[ -t 0 ] || die "$1 Say --yes to agree."
	read -r -p "$1 Install them now? [y/N] " answer
	[[ $answer == [yYoO]* ]]
}

# Packages bring services that would start at once and take ports 80 and 3306: they are kept from it while apt-get runs.
packages_script='
set -e
rc=/usr/sbin/policy-rc.d
if [ ! -e $rc ]; then
	trap "rm -f $rc" EXIT
	printf "#!/bin/sh\nexit 101\n" >$rc
	chmod 755 $rc
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q install -y --no-install-recommends "$@"
'

packages_install() {
	local missing root=()

	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} -eq 0 ] && return 0
	agree "Debian packages are missing: ${missing[*]}." || die "nothing was installed; it needs ${missing[*]}."
	command -v apt-get >/dev/null || die "there is no apt-get here: install by hand what stands for ${missing[*]}."
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || die "missing right: run apt-get install ${missing[*]} as root, there is no sudo here."
		root=(sudo)
	fi
	"${root[@]}" sh -c "$packages_script" sh "${missing[@]}" || die "apt-get could not install ${missing[*]}."
}

# modules_install MODULE [npm's options]: node_modules/, as the lock file says, when MODULE is not there.
modules_install() {
	local probe=$1

	shift
	[ -d "$ROOT/node_modules/$probe" ] && return 0
	[ -w "$ROOT" ] || die "missing right: node_modules cannot be written in $ROOT."
	agree "Packages of package-lock.json are missing: $probe and what it needs." || die "nothing was installed."
	(cd "$ROOT" && npm ci --ignore-scripts --no-audit --no-fund "$@") || die "npm ci failed."
}

# build_tree DIR [configure's options]: configure when needed, then make. Prints nothing; says it in DIR/build.log.
build_tree() {
	local dir=$1

	shift
	mkdir -p "$dir" || return 1
	exec 8<"$dir" && flock 8
	{
		if [ ! -x "$ROOT/configure" ] || [ -n "$(find "$ROOT/configure.ac" "$ROOT/Makefile.am" -newer "$ROOT/configure")" ]; then
			(cd "$ROOT" && autoreconf -fi) || return 1
		fi
		if [ ! -f "$dir/Makefile" ] || [ "$ROOT/configure" -nt "$dir/config.status" ]; then
			(cd "$dir" && "$ROOT/configure" --quiet "$@") || return 1
		fi
		make -C "$dir" -j2
	} >"$dir/build.log" 2>&1
	set -- $?
	exec 8>&-
	return "$1"
}
