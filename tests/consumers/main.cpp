// The program that each consumer project builds and runs.
#include <iostream>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>

int main() {
    const netaio::ByteView name = "netaio";
    std::cout << name << ": " << make_error_code(netaio::Errc::timeout).message() << '\n';
    return name.size() == 6 ? 0 : 1;
}
