#include "socket_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit_code.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::daemon {
namespace {

class SocketFolderTest : public testing::Test {
protected:
    unsigned mode() const {
        struct stat status{};
        return ::stat(made_.c_str(), &status) == 0 ? status.st_mode & 07777u : 0u;
    }
    void make() const { make_socket_folder(made_ + "/netaiod.sock", owner_); }
    std::string refusal() const {
        try {
            make();
        } catch (const app::Failure& failure) {
            return failure.what();
        }
        return "nothing is refused";
    }

    test::TemporaryFolder folder_;
    const std::string made_ = folder_.file("netaio");
    ProcessOwner owner_{.uid = ::geteuid(), .gid = ::getegid()};
};

TEST_F(SocketFolderTest, IsForItsOwnerAloneOrAGroup) {
    make();
    EXPECT_EQ(mode(), 0700u);
    make();
    EXPECT_EQ(mode(), 0700u);
    owner_.group = ::getegid();
    make();
    EXPECT_EQ(mode(), 0750u);
}

TEST_F(SocketFolderTest, IsRefusedWhereOthersMayEnterIt) {
    make();
    for (const mode_t open : {0777u, 0755u, 0750u, 0770u, 0701u}) {
        ::chmod(made_.c_str(), open);
        EXPECT_NE(refusal().find("lets others in"), std::string::npos) << open;
        EXPECT_EQ(mode(), open);
    }
    owner_.group = ::getegid();
    ::chmod(made_.c_str(), 0770);
    EXPECT_NE(refusal().find("chmod 750"), std::string::npos);
}

TEST_F(SocketFolderTest, IsRefusedWhereAnybodyMayReplaceIt) {
    ::chmod(folder_.path().c_str(), 0777);
    EXPECT_NE(refusal().find("can be replaced"), std::string::npos);
    ::chmod(folder_.path().c_str(), 01777);
    EXPECT_NO_THROW(make());
}

TEST_F(SocketFolderTest, IsRefusedWhereItIsAnothers) {
    make();
    ++owner_.uid;
    EXPECT_NE(refusal().find("belongs to user"), std::string::npos);
}

TEST_F(SocketFolderTest, IsNoLinkAndNoFile) {
    ::mkdir(folder_.file("real").c_str(), 0700);
    ::symlink(folder_.file("real").c_str(), made_.c_str());
    EXPECT_NE(refusal().find("a link"), std::string::npos);
    ::unlink(made_.c_str());
    folder_.write("netaio", "");
    EXPECT_NE(refusal().find("is none"), std::string::npos);
}

}  // namespace
}  // namespace netaio::daemon
