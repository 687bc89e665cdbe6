// What it costs to ask rules about a message, as the thread of a node does, beside a plain scan.
#include <benchmark/benchmark.h>

#include <string>

#include "core/rule_reader.hpp"

namespace netaio {
namespace {

// Each about another uri or prefix, of another secret, or of secrets of a name, of every kind of
// type.
std::vector<AccessRule> many_rules(std::size_t count) {
    std::vector<AccessRule> rules;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string n = std::to_string(i);
        AccessRule rule{.access = i % 3 == 0 ? Access::deny : Access::allow};
        rule.who = {i % 4 == 0   ? "hmac:sensor-" + n
                    : i % 4 == 1 ? "sensor-" + std::to_string(i % 10) + "*"
                    : i % 4 == 2 ? std::string("*")
                                 : "key:" + n + "*"};
        rule.types = i % 2 == 0 ? reading() : writing();
        const std::string uri = "building/" + std::to_string(i % 7) + "/room-" + n + "/";
        (i % 5 == 0 ? rule.uris : rule.prefixes) = {uri + std::string(i % 40, 'x')};
        rules.push_back(std::move(rule));
    }
    rules.push_back({.access = Access::allow, .who = {"*"}, .types = reading()});
    return rules;
}

struct Asked {
    Identities who;
    std::string uri;
};

std::vector<Asked> questions(std::size_t rules) {
    std::vector<Asked> all;
    for (std::size_t i = 0; i < 64; ++i) {
        const std::size_t n = (i * 97) % rules;
        all.push_back({Identity{"hmac", "sensor-" + std::to_string(n)},
                       "building/" + std::to_string(n % 7) + "/room-" + std::to_string(n) + "/" +
                           std::string(n % 40, 'x') + "/temperature"});
    }
    return all;
}

void Decide(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    core::Replaceable<core::Rules> source;
    source = std::make_shared<const AccessRules>(many_rules(count));
    core::RuleReader reader(source);
    const auto asked = questions(count);
    for (const Asked& one : asked) {
        benchmark::DoNotOptimize(reader.decide(one.who, request_uri, one.uri));
    }
    std::size_t i = 0;
    for (auto _ : state) {
        const Asked& one = asked[i++ % asked.size()];
        benchmark::DoNotOptimize(reader.decide(one.who, request_uri, one.uri));
    }
}
BENCHMARK(Decide)->Arg(10)->Arg(1000)->Arg(10000);

// Of somebody whose identities were put together for this message, as of several plugins.
void DecideAnew(benchmark::State& state) {
    core::Replaceable<core::Rules> source;
    source = std::make_shared<const AccessRules>(many_rules(1000));
    core::RuleReader reader(source);
    const auto asked = questions(1000);
    std::size_t i = 0;
    for (auto _ : state) {
        const Asked& one = asked[i++ % asked.size()];
        const Identities who(*one.who.begin());
        benchmark::DoNotOptimize(reader.decide(who, request_uri, one.uri));
    }
}
BENCHMARK(DecideAnew);

// Of somebody who was never seen.
void DecideStranger(benchmark::State& state) {
    const AccessRules rules(many_rules(1000));
    std::size_t i = 0;
    for (auto _ : state) {
        const Identities who = Identity{"x25519", std::to_string(i++)};
        benchmark::DoNotOptimize(rules.decide(who, request_uri, "building/1/room-8/"));
    }
}
BENCHMARK(DecideStranger);

void Scan(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const auto rules = many_rules(count);
    std::vector<core::WhoPattern> patterns;
    for (const AccessRule& rule : rules) {
        patterns.emplace_back(rule.who.front());
    }
    const auto asked = questions(count);
    std::size_t i = 0;
    for (auto _ : state) {
        const Asked& one = asked[i++ % asked.size()];
        std::size_t found = 0;
        for (; found < rules.size(); ++found) {
            const AccessRule& rule = rules[found];
            const bool uri = rule.prefixes.empty() ? rule.uris.empty() || rule.uris[0] == one.uri
                                                   : one.uri.starts_with(rule.prefixes[0]);
            if (uri && rule.types.front() == request_uri && patterns[found].matches(one.who)) {
                break;
            }
        }
        benchmark::DoNotOptimize(found);
    }
}
BENCHMARK(Scan)->Arg(1000);

}  // namespace
}  // namespace netaio

BENCHMARK_MAIN();
