// What it costs the daemon to find whose a message is, as it does for each.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "registry.hpp"

namespace netaio::daemon {
namespace {

std::string room(std::size_t i) {
    return "building/" + std::to_string(i % 7) + "/room-" + std::to_string(i) + "/";
}

// Of ten apps: every fourth key is a prefix, and one app has all the rest.
void fill(Registry& registry, std::size_t count, Sharing sharing = Sharing::alone) {
    std::vector<AppId> apps;
    for (int i = 0; i < 10; ++i) apps.push_back(registry.add({"app-" + std::to_string(i)}));
    for (std::size_t i = 0; i < count; ++i) {
        ServedKey key{request_uri, room(i), i % 4 == 0};
        if (!key.is_prefix) key.uri += "temperature";
        registry.claim(apps[i % apps.size()], key, sharing);
        if (sharing != Sharing::alone) registry.claim(apps[(i + 1) % apps.size()], key, sharing);
    }
    registry.claim(apps.front(), {request_uri, "", true});
}

void ask(benchmark::State& state, Registry& registry, const std::vector<std::string>& uris) {
    std::size_t i = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(registry.find(request_uri, uris[i]));
        if (++i == uris.size()) i = 0;
    }
}

std::vector<std::string> known(std::size_t count) {
    std::vector<std::string> uris;
    for (std::size_t i = 0; i < 64; ++i) uris.push_back(room(i * 97 % count) + "temperature");
    return uris;
}

void FindKey(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    Registry registry;
    fill(registry, count);
    ask(state, registry, known(count));
}
BENCHMARK(FindKey)->Arg(10)->Arg(1000)->Arg(100000);

void FindShared(benchmark::State& state) {
    const auto sharing = static_cast<Sharing>(state.range(0));
    Registry registry;
    fill(registry, 1000, sharing);
    ask(state, registry, known(1000));
}
BENCHMARK(FindShared)->Arg(static_cast<int>(Sharing::turns))->Arg(static_cast<int>(Sharing::hash));

// What only the shortest prefix is about.
void FindRest(benchmark::State& state) {
    Registry registry;
    fill(registry, 1000);
    ask(state, registry, {"garden/1/temperature", "building/8", "building/1/room-"});
}
BENCHMARK(FindRest);

}  // namespace
}  // namespace netaio::daemon

BENCHMARK_MAIN();
