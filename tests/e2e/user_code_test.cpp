#include "user_code.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <map>

/// All that users' code may do, wherever a node calls it.
namespace netaio {
namespace {

using namespace test;
using Subject = World::Subject;

struct Named {
    const char* name;
    Spot spot;
};
constexpr std::array spots{
    Named{"Handler", Spot::handler},
    Named{"OnceHandler", Spot::once_handler},
    Named{"CoroutineBeginning", Spot::coroutine_begins},
    Named{"CoroutineResumed", Spot::coroutine_resumed},
    Named{"DefaultHandler", Spot::default_handler},
    Named{"AuthErrorHandler", Spot::auth_error_handler},
    Named{"DisconnectHandler", Spot::disconnect_handler},
    Named{"TimeoutHandler", Spot::timeout_handler},
    Named{"TimeoutCoroutineBeginning", Spot::timeout_coroutine_begins},
    Named{"TimeoutCoroutineResumed", Spot::timeout_coroutine_resumed},
    Named{"StateConnecting", Spot::state_connecting},
    Named{"StateConnected", Spot::state_connected},
    Named{"StateWaiting", Spot::state_waiting},
    Named{"PeerJoined", Spot::peer_joined},
    Named{"PeerChanged", Spot::peer_changed},
    Named{"PeerLeft", Spot::peer_left},
    Named{"ConnectCompletion", Spot::connect_completion},
    Named{"RequestCompletion", Spot::request_completion},
    Named{"ReceiveCompletion", Spot::receive_completion},
    Named{"StartCompletion", Spot::start_completion},
    Named{"StopCompletion", Spot::stop_completion},
    Named{"AuthMake", Spot::auth_make},
    Named{"AuthCheck", Spot::auth_check},
    Named{"AuthError", Spot::auth_error},
    Named{"CipherEncrypt", Spot::cipher_encrypt},
    Named{"CipherDecrypt", Spot::cipher_decrypt},
    Named{"PeerPack", Spot::peer_pack},
    Named{"PeerUnpack", Spot::peer_unpack},
    Named{"PeerValidate", Spot::peer_validate},
    Named{"KeyExtractor", Spot::key_extractor},
    Named{"LogSinkAtStart", Spot::log_sink_at_start},
    Named{"LogSink", Spot::log_sink},
};

struct Action {
    const char* name;
    void (*deed)(World&);
    bool changes = false;  // the very code that does it
};
constexpr std::array actions{
    Action{"Throws", [](World&) { throw std::runtime_error("by users' code"); }},
    Action{"ReplacesItself", [](World& world) { world.replace(); }, true},
    Action{"RemovesItself", [](World& world) { world.remove(); }, true},
    Action{"DestroysItsNode", [](World& world) { world.destroy(); }},
    Action{"StopsTheLoop", [](World& world) { world.stop_loop(); }},
    Action{"RunsTheLoop", [](World& world) { world.run_loop(); }},
    Action{"BeginsOperations", [](World& world) { world.begin_operations(); }},
    Action{"EndsItsNodeGently", [](World& world) { world.end_gently(); }},
};

struct Cell {
    std::string name;
    Subject subject;
    Spot spot;
    World::Stage from;
    const Action* action;
};

constexpr std::array<std::pair<const char*, Subject>, 3> subjects{
    {{"Server", Subject::server}, {"Client", Subject::client}, {"Node", Subject::node}}};
constexpr std::array<std::pair<const char*, World::Stage>, 3> stages{
    {{"", World::Stage::made},
     {"Later", World::Stage::acquainted},
     {"AtTheEnd", World::Stage::ending}}};

std::vector<Cell> cells() {
    std::vector<Cell> all;
    for (const auto& [subject_name, subject] : subjects) {
        for (const Named& at : spots) {
            for (const auto& [stage_name, stage] : stages) {
                for (const Action& action : actions) {
                    if (World::exists(subject, at.spot, stage) &&
                        (!action.changes || World::replaceable(subject, at.spot))) {
                        all.push_back({std::string(subject_name) + "_" + at.name + stage_name +
                                           "_" + action.name,
                                       subject, at.spot, stage, &action});
                    }
                }
            }
        }
    }
    return all;
}

std::string running;

// What hangs in a call can only be ended from outside of it.
void hangs(int) {
    const std::string line = "hangs: " + running + "\n";
    (void)!::write(STDERR_FILENO, line.data(), line.size());
    std::abort();
}

class UserCodeTest : public ::testing::TestWithParam<Cell> {
protected:
    UserCodeTest() {
        running = GetParam().name;
        std::signal(SIGALRM, hangs);
        alarm(30);
    }
    ~UserCodeTest() override { alarm(0); }
};

TEST_P(UserCodeTest, HarmsNobody) {
    const Cell& cell = GetParam();
    World world(cell.subject, cell.spot, cell.from, cell.action->deed);
    world.live();
    EXPECT_EQ(world.waiting(), 0) << "somebody waits for ever";
    EXPECT_TRUE(world.serves());
    EXPECT_TRUE(world.end()) << "something is left to do for ever";
    EXPECT_EQ(world.waiting(), 0) << "somebody waits for ever, although the nodes are gone";
    EXPECT_TRUE(world.done()) << "the code was not called";
    EXPECT_EQ(world.faults(), std::vector<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Cells, UserCodeTest, ::testing::ValuesIn(cells()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace netaio
