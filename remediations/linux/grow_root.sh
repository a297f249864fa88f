#!/bin/sh
# image-wizard root-resize: grows a root file system on LVM to its disk, at every boot; quiet where it has grown already.
# Part of the disk that no partition has is taken in: the last partition grows where it is a physical volume of the
# root's group, else a new partition is added. What the group has free then goes to the root. No other partition is
# touched. To be rid of it, remove this file and the image-wizard-grow-root boot service.
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL

least=$((16 * 1024 * 1024)) # bytes that are worth a partition
lvm_gpt=E6D6D379-F507-44C2-A23C-238F2A3DF928

say() {
    echo "image-wizard-grow-root: $*"
    # Before systemd nothing keeps what a boot script prints.
    [ -d /run/systemd/system ] || echo "image-wizard-grow-root: $*" 2>/dev/null >/dev/kmsg
}

# Runs a command, and tells what it printed only where it failed.
quietly() {
    printed=$("$@" 2>&1 </dev/null) && return 0
    say "$1 failed: $printed"
    return 1
}

has() { command -v "$1" >/dev/null 2>&1; }

settle() { if has udevadm; then udevadm settle --timeout=30 >/dev/null 2>&1; fi; }

# sfdisk knows GPT, and scripts that name sizes in words, since util-linux 2.26.
new_sfdisk() {
    has sfdisk || return 1
    minor=$(sfdisk --version 2>/dev/null | sed -n 's/.* 2\.\([0-9]*\).*/\1/p')
    [ "${minor:-0}" -ge 26 ]
}

# Linux 3.8 is the first that takes the new size of a partition in use.
takes_new_size() {
    uname -r | awk -F '[.-]' '{ exit !($1 > 3 || ($1 == 3 && $2 >= 8)) }'
}

# The device of partition $2 of disk $1.
node() {
    case $1 in
        *[0-9]) echo "/dev/$1p$2" ;;
        *) echo "/dev/$1$2" ;;
    esac
}

# The partition table of disk $1: "dos" or "gpt", then for each partition its number, first and last sector.
read_table() {
    if new_sfdisk; then
        sfdisk --dump "/dev/$1" 2>/dev/null | awk -v disk="/dev/$1" '
            function value(key) {
                if (!match($0, key "= *[0-9]+")) return 0
                found = substr($0, RSTART, RLENGTH); gsub(/[^0-9]/, "", found); return found + 0
            }
            $1 == "label:" { print $2 }
            /: start=/ {
                number = substr($1, length(disk) + 1); sub(/^p/, "", number)
                printf "%d %.0f %.0f\n", number, value("start"), value("start") + value("size") - 1
            }'
    elif has parted; then
        parted -ms "/dev/$1" unit s print 2>/dev/null | awk -F : '
            NR == 2 { print $6 == "msdos" ? "dos" : $6 }
            NR > 2 { printf "%d %.0f %.0f\n", $1, $2 + 0, $3 + 0 }'
    fi
}

# Writes the table of disk $1 as sfdisk dumps it through the awk program $2, up to the disk's real end.
rewrite() {
    changed=$(sfdisk --dump "/dev/$1" 2>/dev/null | grep -v '^last-lba:' | awk -v node="${3:-}" "$2") || return 1
    [ -n "$changed" ] || return 1
    printed=$(echo "$changed" | sfdisk --no-reread --force "/dev/$1" 2>&1) && return 0
    say "sfdisk failed: $printed"
    return 1
}

# Grows partition $2 of disk $1 to the disk's end.
grow_partition() {
    part=$(node "$1" "$2")
    before=$(cat "/sys/class/block/${part#/dev/}/size")
    if has growpart; then
        growpart "/dev/$1" "$2" >/dev/null 2>&1 </dev/null
    fi
    if [ "$(cat "/sys/class/block/${part#/dev/}/size")" = "$before" ]; then
        if new_sfdisk; then
            rewrite "$1" '$1 == node { sub(/size= *[0-9]+, */, "") } { print }' "$part"
        elif has parted; then
            # parted asks before it moves GPT's second table, and some before they touch what is in use: in a script
            # that means no. An answer ends the words that the command was given, so that the size is asked for.
            printf 'Fix\n' | parted ---pretend-input-tty "/dev/$1" print >/dev/null 2>&1
            parted -s "/dev/$1" resizepart "$2" 100% >/dev/null 2>&1 ||
                printf 'Yes\n100%%\n' | parted ---pretend-input-tty "/dev/$1" resizepart "$2" >/dev/null 2>&1
        fi
        if has partx; then partx -u --nr "$2" "/dev/$1" >/dev/null 2>&1; fi
    fi
    settle
    if [ "$(cat "/sys/class/block/${part#/dev/}/size")" = "$before" ]; then
        say "$part could not be grown"
        return 1
    fi
    say "$part has grown to the end of the disk"
}

# Makes partition $2 of disk $1 from sector $3 to the disk's end; $4 is the kind of table.
write_partition() {
    if new_sfdisk; then
        kind=8e
        [ "$4" = dos ] || kind=$lvm_gpt
        rewrite "$1" "{ print } END { print \"$(node "$1" "$2") : start= $3, type= $kind\" }"
    elif [ "$4" = gpt ] && has sgdisk; then
        quietly sgdisk -e -n "$2:$3:0" -t "$2:8e00" "/dev/$1"
    else
        quietly parted -s "/dev/$1" unit s mkpart primary "$3" 100% || {
            # EL 6's parted says so where the kernel has not read the table again, and has written it all the same.
            read_table "$1" | grep -q "^$2 $3 " || return 1
        }
        quietly parted -s "/dev/$1" set "$2" lvm on || :
    fi
}

# Adds partition $2 of disk $1 from sector $3 on to the group; $4 is the kind of table, $5 the sector's size.
add_partition() {
    part=$(node "$1" "$2")
    if [ -e "/sys/class/block/${part#/dev/}" ]; then
        say "$part is there already"
        return 1
    fi
    write_partition "$@" || return 1
    settle
    if [ ! -e "/sys/class/block/${part#/dev/}" ] && has partx; then
        partx -a --nr "$2" "/dev/$1" >/dev/null 2>&1 || partx -a "/dev/$1" >/dev/null 2>&1
        settle
    fi
    for _ in 1 2 3 4 5; do
        if [ -b "$part" ]; then break; fi
        sleep 1
    done
    if [ ! -b "$part" ] || [ "$(cat "/sys/class/block/${part#/dev/}/start")" != $(($3 * $5 / 512)) ]; then
        say "the kernel does not know the new partition $part yet: a reboot is needed"
        return 1
    fi
    # Without -y: what holds something already is never overwritten.
    quietly pvcreate "$part" && quietly vgextend "$group" "$part" || return 1
    say "$part is new, and a physical volume of $group"
}

# Takes in what no partition of disk $1 has; $2 are the numbers of the partitions that are the group's.
grow_disk() {
    table=$(read_table "$1")
    kind=$(echo "$table" | head -n 1)
    case $kind in
        dos | gpt) ;;
        *)
            say "/dev/$1 has a partition table that is not understood, or there is neither sfdisk nor parted"
            return 1
            ;;
    esac
    sector=$(cat "/sys/class/block/$1/queue/logical_block_size" 2>/dev/null || echo 512)
    total=$(($(cat "/sys/class/block/$1/size") * 512 / sector))
    if [ "$kind" = dos ] && [ "$total" -gt 4294967295 ]; then total=4294967295; fi
    set -- "$1" "$2" $(echo "$table" | awk 'NR > 1 { if ($3 > end) end = $3; if ($2 >= first) { first = $2; last = $1 } }
        END { printf "%d %.0f", last, end }')
    mib=$((1024 * 1024 / sector))
    start=$((($4 / mib + 1) * mib))
    # The last MiB is left to GPT's second table.
    [ $(((total - mib - start) * sector)) -ge "$least" ] || return 0
    # A logical partition would need the extended one to grow around it: beside that, a new one can always be added.
    if [ "$kind" = gpt ] || [ "$3" -le 4 ]; then
        case " $2 " in
            *" $3 "*)
                if takes_new_size; then
                    # What could not grow may have been written all the same, so the table is read again.
                    grow_partition "$1" "$3" || grow_disk "$1" ""
                    return
                fi
                ;;
        esac
    fi
    number=1
    while echo "$table" | awk -v number="$number" 'NR > 1 && $1 == number { found = 1 } END { exit !found }'; do
        number=$((number + 1))
    done
    if [ "$kind" = dos ] && [ "$number" -gt 4 ]; then
        say "/dev/$1 has free space, but no room for another primary partition"
        return 1
    fi
    add_partition "$1" "$number" "$start" "$kind" "$sector"
}

# The root's device numbers, file system and source; btrfs has numbers of its own, so there the source has to tell.
set -- $(awk '$5 == "/" { for (i = 7; i < NF; i++) if ($i == "-") found = $3 " " $(i + 1) " " $(i + 2) }
    END { print found }' /proc/self/mountinfo)
numbers=${1:-}
filesystem=${2:-}
case $numbers in
    0:*) numbers=$(printf '%d:%d' $(stat -L -c '0x%t 0x%T' "${3:-}")) ;;
esac
case $(cat "/sys/dev/block/$numbers/dm/uuid" 2>/dev/null) in
    LVM-*) device=/dev/mapper/$(cat "/sys/dev/block/$numbers/dm/name") ;;
    *) exit 0 ;;
esac

segments=$(lvs --noheadings -o vg_name,segtype "$device") || exit 1
group=$(echo "$segments" | awk 'NR == 1 { print $1 }')
if echo "$segments" | awk '$2 != "linear" { other = 1 } END { exit !other }'; then
    say "the root's volume is not linear: it is left as it is"
    exit 0
fi

failed=0
disks=
volumes=$(vgs --noheadings -o pv_name "$group") || exit 1
for volume in $volumes; do
    name=$(basename "$(readlink -f "$volume")")
    [ -e "/sys/class/block/$name/partition" ] || continue
    disk=$(basename "$(dirname "$(readlink -f "/sys/class/block/$name")")")
    case " $disks " in *" $disk "*) ;; *) disks="$disks $disk" ;; esac
done
for disk in $disks; do
    own=
    for volume in $volumes; do
        name=$(basename "$(readlink -f "$volume")")
        [ -e "/sys/class/block/$disk/$name" ] && own="$own $(cat "/sys/class/block/$name/partition")"
    done
    grow_disk "$disk" "$own" || failed=1
done

# A partition that grew here, or that something else grew before, and a disk that is a physical volume as a whole.
extent=$(vgs --noheadings --nosuffix --units b -o vg_extent_size "$group")
for volume in $(vgs --noheadings -o pv_name "$group"); do
    if pvs --noheadings --nosuffix --units b -o dev_size,pv_size "$volume" |
        awk -v spare=$((extent + 8 * 1024 * 1024)) '{ exit !($1 - $2 >= spare) }'; then
        quietly pvresize "$volume" || failed=1
    fi
done

free=$(vgs --noheadings -o vg_free_count "$group")
if [ "$((free))" -gt 0 ]; then
    if quietly lvextend -l +100%FREE "$device"; then say "$device has grown by $((free * extent / 1048576)) MiB"; else failed=1; fi
fi

# Does nothing where the file system fills its volume.
case $filesystem in
    ext[34]) quietly resize2fs "$device" || failed=1 ;;
    xfs) quietly xfs_growfs / || failed=1 ;;
    btrfs) quietly btrfs filesystem resize max / || failed=1 ;;
    *) say "a root file system of type $filesystem does not grow while it is mounted" ;;
esac
exit $failed
