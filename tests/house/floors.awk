# Prints each #include that looks up, or that brings sockets to a floor that knows none.
# Arguments: every source and header of the product.
#
# A source or internal header belongs to the floor of its folder. A public header belongs to the
# floor of the source that has its name; without one, to the highest floor it includes.

BEGIN {
    floor_count = split("wire crypto plugins core net apps", floor_names, " ")
    for (i = 1; i <= floor_count; i++) rank[floor_names[i]] = i
}

function folder_rank(path,    parts) {
    split(path, parts, "/")
    return parts[1] == "apps" ? rank["apps"] : rank[parts[2]] + 0
}

function is_public(path) { return path ~ /^include\// }

function resolve(file, target,    folder) {
    if (target ~ /^netaio\//) return "include/" target
    if (("src/" target) in level) return "src/" target
    folder = file
    sub(/[^\/]*$/, "", folder)
    return ((folder target) in level) ? folder target : ""
}

FNR == 1 {
    level[FILENAME] = 1
    if (!is_public(FILENAME)) {
        level[FILENAME] = folder_rank(FILENAME)
        name = FILENAME
        sub(/.*\//, "", name)
        sub(/\.[ch]pp$/, "", name)
        header = "include/netaio/" name ".hpp"
        if (!(header in body_rank) || level[FILENAME] < body_rank[header])
            body_rank[header] = level[FILENAME]
    }
}

/^[ \t]*#[ \t]*include/ {
    target = $0
    sub(/^[^<"]*[<"]/, "", target)
    sub(/[>"].*/, "", target)
    count++
    from[count] = FILENAME
    line[count] = FNR
    included[count] = target
}

END {
    for (header in body_rank) if (header in level) level[header] = body_rank[header]
    do {
        changed = 0
        for (i = 1; i <= count; i++) {
            file = from[i]
            to = resolve(file, included[i])
            rises = is_public(file) && !(file in body_rank)
            seen = to in level ? level[to] : included[i] ~ /^boost\/asio/ ? rank["net"] : 0
            if (rises && seen > level[file]) {
                level[file] = seen
                changed = 1
            }
        }
    } while (changed)

    for (i = 1; i <= count; i++) {
        file = from[i]
        to = resolve(file, included[i])
        if ((to in level) && level[to] > level[file])
            printf "%s:%d: %s includes %s of %s\n", file, line[i], floor_names[level[file]], \
                included[i], floor_names[level[to]]
        knows_sockets = included[i] ~ /^(boost\/asio|netinet\/|netdb\.h|sys\/(socket|epoll|un)\.h)/
        if (knows_sockets && level[file] < rank["net"])
            printf "%s:%d: %s includes %s\n", file, line[i], floor_names[level[file]], included[i]
    }
}
