#include "commands.hpp"

#include <gtest/gtest.h>

#include "misuse.hpp"

namespace netaio::chat_app {
namespace {

template <class Wanted>
Wanted parsed(std::string_view line) {
    const Command command = parse_command(line);
    const auto* found = std::get_if<Wanted>(&command);
    if (!found) throw std::runtime_error("another command: " + std::string(line));
    return *found;
}

std::string why_not_parsed(std::string_view line) {
    try {
        parse_command(line);
    } catch (const Misuse& misuse) {
        return misuse.what();
    }
    return "no misuse";
}

TEST(Commands, TakesForTextWhatBeginsOtherwise) {
    EXPECT_EQ(parsed<command::Say>("hello there").text, "hello there");
    EXPECT_EQ(parsed<command::Say>(" /who").text, " /who");
    EXPECT_EQ(parsed<command::Say>("#kitchen").text, "#kitchen");
    EXPECT_EQ(parsed<command::Say>("two\nlines").text, "two\nlines");
    EXPECT_EQ(parsed<command::Say>("//who").text, "/who");
    EXPECT_EQ(parsed<command::Say>("@@ann").text, "@ann");
    parsed<command::Nothing>("");
    parsed<command::Nothing>("   ");
}

TEST(Commands, ParsesEachOfThem) {
    parsed<command::Help>("/help");
    parsed<command::ShowPeople>("/who ");
    parsed<command::ShowRooms>("/rooms");
    EXPECT_EQ(parsed<command::Choose>("/to  ann ").place, "ann");
    EXPECT_EQ(parsed<command::Choose>("/to #kitchen").place, "#kitchen");
    EXPECT_EQ(parsed<command::Choose>("/to 3").place, "3");
    EXPECT_EQ(parsed<command::Tell>("@ann  come here ").name, "ann");
    EXPECT_EQ(parsed<command::Tell>("@ann  come here ").text, "come here");
    EXPECT_EQ(parsed<command::MakeRoom>("/room the old kitchen").name, "the old kitchen");
    EXPECT_EQ(parsed<command::Invite>("/invite ann").name, "ann");
    EXPECT_EQ(parsed<command::Remove>("/remove ann").name, "ann");
    parsed<command::Leave>("/leave");
    EXPECT_EQ(parsed<command::NameStandIn>("/standin ann").name, "ann");
    EXPECT_EQ(parsed<command::NameStandIn>("/standin").name, std::nullopt);
    EXPECT_EQ(parsed<command::Verify>("/verify ann").name, "ann");
    EXPECT_FALSE(parsed<command::Verify>("/verify ann").agrees);
    EXPECT_TRUE(parsed<command::Verify>("/verify ann yes").agrees);
    EXPECT_EQ(parsed<command::Accept>("/accept ann").name, "ann");
    EXPECT_EQ(parsed<command::Add>("/add 00ff ann").who, "00ff ann");
    parsed<command::ShowSelf>("/me");
    EXPECT_EQ(parsed<command::Receipts>("/receipts").setting, "");
    EXPECT_EQ(parsed<command::Receipts>("/receipts on").setting, "on");
    EXPECT_EQ(parsed<command::Receipts>("/receipts off").setting, "off");
    EXPECT_EQ(why_not_parsed("/receipts maybe"), "type /receipts [on|off]");
    EXPECT_EQ(parsed<command::Export>("/export my file").file, "my file");
    EXPECT_EQ(parsed<command::SendFile>("/file ann  my file ").name, "ann");
    EXPECT_EQ(parsed<command::SendFile>("/file ann  my file ").file, "my file");
    parsed<command::ShowFiles>("/files");
    EXPECT_EQ(parsed<command::TakeFile>("/take").number, std::nullopt);
    EXPECT_EQ(parsed<command::TakeFile>("/take 12").number, 12u);
    EXPECT_EQ(parsed<command::CancelFile>("/cancel").number, std::nullopt);
    EXPECT_EQ(parsed<command::CancelFile>("/cancel 3").number, 3u);
    parsed<command::Quit>("/quit");
}

TEST(Commands, TakesALineBreakForTheEndOfAWord) {
    EXPECT_EQ(parsed<command::Add>("/add\n00ff\nann\n").who, "00ff\nann");
    EXPECT_EQ(parsed<command::Tell>("@ann\ncome\nhere\n").name, "ann");
    EXPECT_EQ(parsed<command::Tell>("@ann\ncome\nhere\n").text, "come\nhere");
    EXPECT_EQ(parsed<command::Choose>("/to\nann\n").place, "ann");
    EXPECT_EQ(parsed<command::SendFile>("/file ann\nmy file").file, "my file");
    EXPECT_EQ(why_not_parsed("/to ann\nbob"), "type /to NAME|NUMBER|#ROOM");
    parsed<command::ShowPeople>("/who\n");
    parsed<command::Nothing>(" \n ");
}

TEST(Commands, SaysWhatToDoWhereOneIsMisused) {
    EXPECT_EQ(why_not_parsed("/to"), "type /to NAME|NUMBER|#ROOM");
    EXPECT_EQ(why_not_parsed("/to ann bob"), "type /to NAME|NUMBER|#ROOM");
    EXPECT_EQ(why_not_parsed("/leave now"), "type /leave alone");
    EXPECT_EQ(why_not_parsed("/verify ann no"), "type /verify NAME [yes]");
    EXPECT_EQ(why_not_parsed("/standin ann bob"), "type /standin [NAME]");
    EXPECT_EQ(why_not_parsed("/room"), "type /room NAME");
    EXPECT_EQ(why_not_parsed("/file"), "type /file NAME FILE");
    EXPECT_EQ(why_not_parsed("/file ann"), "type /file NAME FILE");
    EXPECT_EQ(why_not_parsed("/take ann"), "type /take [NUMBER]");
    EXPECT_EQ(why_not_parsed("/cancel -1"), "type /cancel [NUMBER]");
    EXPECT_EQ(why_not_parsed("/cancel 99999999999999999999"), "type /cancel [NUMBER]");
    EXPECT_EQ(why_not_parsed("@ann"), "type @NAME TEXT");
    EXPECT_EQ(why_not_parsed("@ ann"), "type @NAME TEXT");
    EXPECT_EQ(
        why_not_parsed("/whoami"),
        "there is no /whoami: /help shows what there is, and // says text that begins with /");
    EXPECT_EQ(why_not_parsed("/leave\nall"), "type /leave alone");
    EXPECT_EQ(why_not_parsed("/leave\aall"),
              "there is no /leave<U+0007>all: /help shows what there is, and // says text that "
              "begins with /");
}

TEST(Commands, ShowsAllOfThemAsHelp) {
    const std::vector<std::string> help = command_help();
    EXPECT_EQ(help.size(), 22u);
    EXPECT_EQ(help.front(), "TEXT                   say it where /to leads");
    EXPECT_EQ(help.back(), "/quit                  end");
}

const std::vector<std::string> known_people{"ann", "anton", "bob", "日本", "日光"};
const std::vector<std::string> known_rooms{"#kitchen", "#kino"};

Completion completed(std::string_view line) {
    return complete(line, line.size(), known_people, known_rooms);
}

TEST(Completion, CompletesCommands) {
    EXPECT_EQ(completed("/he").line, "/help ");
    EXPECT_EQ(completed("/ro").line, "/room");
    EXPECT_EQ(completed("/ro").choices, (std::vector<std::string>{"/rooms", "/room"}));
    EXPECT_EQ(completed("/x").line, "/x");
    EXPECT_EQ(completed("say /he").line, "say /he");
}

TEST(Completion, CompletesWhatACommandTakes) {
    EXPECT_EQ(completed("/invite b").line, "/invite bob ");
    EXPECT_EQ(completed("/invite an").line, "/invite an");
    EXPECT_EQ(completed("/invite an").choices, (std::vector<std::string>{"ann", "anton"}));
    EXPECT_EQ(completed("/invite #").line, "/invite #");
    EXPECT_EQ(completed("/to #kit").line, "/to #kitchen ");
    EXPECT_EQ(completed("/to #").line, "/to #ki");
    EXPECT_EQ(completed("/to ").choices.size(), 7u);
    EXPECT_EQ(completed("/verify bob y").line, "/verify bob y");
    EXPECT_EQ(completed("/leave a").line, "/leave a");
    EXPECT_EQ(completed("/file b").line, "/file bob ");
    EXPECT_EQ(completed("/file bob b").line, "/file bob b");
}

TEST(Completion, CompletesNamesInText) {
    EXPECT_EQ(completed("@b").line, "@bob ");
    EXPECT_EQ(completed("I saw @ant").line, "I saw @anton ");
    EXPECT_EQ(completed("I saw an").line, "I saw an");
    EXPECT_EQ(completed("").line, "");
}

TEST(Completion, DividesNoLetter) {
    EXPECT_EQ(completed("@日").line, "@日");
    EXPECT_EQ(completed("@\xe6\x97").line, "@日");
    EXPECT_EQ(completed("@\xe6\x97").choices.size(), 2u);
}

TEST(Completion, KeepsWhatFollowsTheCursor) {
    const Completion inside = complete("/to bo now", 6, known_people, known_rooms);
    EXPECT_EQ(inside.line, "/to bob now");
    EXPECT_EQ(inside.cursor, 8u);
    EXPECT_EQ(complete("@bo", 0, known_people, known_rooms).line, "@bo");
}

}  // namespace
}  // namespace netaio::chat_app
