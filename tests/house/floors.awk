# Prints each #include that looks where its floor must not, or that brings sockets to a floor that
# knows none. Arguments: every source and header of the product.
#
# A source or internal header belongs to the floor of its folder, and so does a public header of the
# chat. A public header of the library belongs to the floor of the source that has its name, unless
# that has an internal header; the others belong to the highest floor they include.

BEGIN {
    floor_count = split("tapescript toml wire crypto plugins core net sqlite chat common program", \
        floor_names, " ")
    for (i = 1; i <= floor_count; i++) rank[floor_names[i]] = i
    # What stands beside the floors above which it is listed.
    unseen["toml"] = "tapescript"
    unseen["sqlite"] = "crypto plugins core net"
    unseen["chat"] = "net"
}

function floor_rank(path,    parts) {
    split(path, parts, "/")
    if (parts[1] == "apps") return rank[parts[2] == "common" ? "common" : "program"]
    return rank[parts[1] == "src" ? parts[2] : parts[1]] + 0
}

# No program knows another.
function program_of(path) {
    return match(path, /^apps\/[^\/]*/) ? substr(path, 1, RLENGTH) : ""
}

function may_see_floor(path, floor) {
    return rank[floor] <= level[path] && \
        index(" " unseen[floor_names[level[path]]] " ", " " floor " ") == 0
}

function may_see(from, to) {
    if (level[from] == rank["program"] && level[to] == rank["program"])
        return program_of(from) == program_of(to)
    return may_see_floor(from, floor_names[level[to]])
}

function internal_header(source) {
    sub(/cpp$/, "hpp", source)
    return source
}

function is_public(path) { return path ~ /^include\// }

# As a file of the same folder, below a folder that is searched, or, as any folder may be one that is
# searched, by its name alone.
function resolve(file, target,    folder, name) {
    folder = file
    sub(/[^\/]*$/, "", folder)
    if ((folder target) in level) return folder target
    if (("include/" target) in level) return "include/" target
    if (("chat/include/" target) in level) return "chat/include/" target
    if (("src/" target) in level) return "src/" target
    if (target ~ /^netaio\//) return ""
    name = target
    sub(/.*\//, "", name)
    return name in path_of ? path_of[name] : ""
}

FNR == 1 {
    level[FILENAME] = is_public(FILENAME) ? rank["wire"] : floor_rank(FILENAME)
    name = FILENAME
    sub(/.*\//, "", name)
    if (!is_public(FILENAME)) path_of[name] = FILENAME
}

/^[ \t]*#[ \t]*include/ {
    target = $0
    sub(/^[^<"]*[<"]/, "", target)
    sub(/[>"].*/, "", target)
    count++
    from[count] = FILENAME
    line[count] = FNR
    included[count] = target
    is_quoted[count] = $0 ~ /"/
}

END {
    for (file in level) if (file ~ /^src\/.*\.cpp$/ && !(internal_header(file) in level)) {
        name = file
        sub(/.*\//, "", name)
        sub(/\.cpp$/, "", name)
        header = "include/netaio/" name ".hpp"
        if (header in level) level[header] = body_rank[header] = level[file]
    }
    for (i = 1; i <= count; i++)
        to_file[i] = is_quoted[i] || included[i] ~ /^netaio\// ? resolve(from[i], included[i]) : ""
    do {
        changed = 0
        for (i = 1; i <= count; i++) {
            file = from[i]
            to = to_file[i]
            rises = is_public(file) && !(file in body_rank)
            seen = to in level ? level[to] : included[i] ~ /^boost\/asio/ ? rank["net"] : 0
            if (rises && seen > level[file] && seen <= rank["net"]) {
                level[file] = seen
                changed = 1
            }
        }
    } while (changed)

    for (i = 1; i <= count; i++) {
        file = from[i]
        to = to_file[i]
        if ((to in level) && !may_see(file, to))
            printf "%s:%d: %s includes %s of %s\n", file, line[i], floor_names[level[file]], \
                included[i], floor_names[level[to]]
        is_of_sockets = included[i] ~ /^(boost\/asio|netinet\/|netdb\.h|sys\/(socket|epoll|un)\.h)/
        if (is_of_sockets && !may_see_floor(file, "net"))
            printf "%s:%d: %s includes %s\n", file, line[i], floor_names[level[file]], included[i]
    }
}
