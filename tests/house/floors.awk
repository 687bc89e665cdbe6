# Prints each #include that looks up, or that brings sockets to a floor that knows none.
# Arguments: every source and header of the product.
#
# A source or internal header belongs to the floor of its folder. A public header belongs to the
# floor of the source that has its name, unless that has an internal header; the others belong to
# the highest floor they include.

BEGIN {
    floor_count = split("wire crypto plugins core sqlite chat net apps", floor_names, " ")
    for (i = 1; i <= floor_count; i++) rank[floor_names[i]] = i
}

function folder_rank(path,    parts) {
    split(path, parts, "/")
    return rank[parts[1] ~ /^(apps|chat|sqlite)$/ ? parts[1] : parts[2]] + 0
}

function internal_header(source) {
    sub(/cpp$/, "hpp", source)
    return source
}

function is_public(path) { return path ~ /^include\// }

function resolve(file, target,    folder) {
    if (target ~ /^netaio\//) return "include/" target
    if (("src/" target) in level) return "src/" target
    folder = file
    sub(/[^\/]*$/, "", folder)
    return ((folder target) in level) ? folder target : ""
}

FNR == 1 { level[FILENAME] = is_public(FILENAME) ? 1 : folder_rank(FILENAME) }

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
    for (file in level) if (file ~ /^src\/.*\.cpp$/ && !(internal_header(file) in level)) {
        name = file
        sub(/.*\//, "", name)
        sub(/\.cpp$/, "", name)
        header = "include/netaio/" name ".hpp"
        if (header in level) level[header] = body_rank[header] = level[file]
    }
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
