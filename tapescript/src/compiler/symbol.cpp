#include "symbol.hpp"

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <utility>

namespace netaio::tapescript::compiler {
namespace {

using Utf = boost::locale::utf::utf_traits<char>;
using boost::locale::utf::code_point;

bool is_space(code_point c) noexcept {
    return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Reads the source character by character and counts lines and columns.
class Reader {
public:
    explicit Reader(std::string_view source)
        : next_(source.data()), end_(source.data() + source.size()) {}

    std::size_t line() const noexcept { return line_; }
    std::size_t column() const noexcept { return column_; }

    // What stands up to the next whitespace, and skips that; empty at the end.
    std::string_view word() {
        skip(true);
        const char* start = next_;
        start_line_ = line_;
        start_column_ = column_;
        skip(false);
        return {start, static_cast<std::size_t>(next_ - start)};
    }
    // Where the last word began.
    Symbol at_word(std::string_view word) const {
        return {std::string(word), std::string(word), start_line_, start_column_};
    }

private:
    void skip(bool spaces) {
        while (next_ != end_) {
            const char* after = next_;
            const code_point c = Utf::decode(after, end_);
            if (c == boost::locale::utf::illegal || c == boost::locale::utf::incomplete) {
                throw Fault{{"SyntaxError", line_, column_, "a byte that is no text", "UTF-8"}};
            }
            if (is_space(c) != spaces) return;
            next_ = after;
            ++column_;
            if (c == '\n') {
                ++line_;
                column_ = 1;
            }
        }
    }

    const char* next_;
    const char* end_;
    std::size_t line_ = 1;
    std::size_t column_ = 1;
    std::size_t start_line_ = 1;
    std::size_t start_column_ = 1;
};

// The words from one that begins with s and a quote to the next with that quote, as one symbol with
// single spaces. In the first word the quote does not count right after the opening one.
Symbol quoted(Reader& reader, Symbol symbol) {
    const char quote = symbol.text[1];
    bool ends = symbol.text.find(quote, 3) != std::string::npos;
    while (!ends) {
        const std::string_view word = reader.word();
        if (word.empty()) syntax_fault(symbol, std::string("a closing ") + quote);
        symbol.text += ' ';
        symbol.text += word;
        ends = word.find(quote) != std::string_view::npos;
    }
    symbol.written = symbol.text;
    return symbol;
}

// Whether a symbol keeps its case: hexadecimal and decimal values, and names.
bool keeps_case(std::string_view text) noexcept {
    const std::string_view rest = text.substr(1);
    switch (text.front()) {
        case 'd': return is_digits(rest);
        case 'x': return std::all_of(rest.begin(), rest.end(), is_hex_digit);
        case '!':
        case '@': return true;
        default: return false;
    }
}

CompileError error_at(std::string type, const Symbol& found, std::string expected) {
    constexpr std::size_t shown = 60;
    const bool whole = found.written.size() <= shown;
    std::size_t size = whole ? found.written.size() : shown;
    while (!whole && size > 0 && Utf::is_trail(found.written[size])) --size;
    std::string text = found.written.substr(0, size) + (whole ? "" : "...");
    const bool stands_for_end = found.text.empty();
    return {std::move(type), found.line, found.column, stands_for_end ? text : "'" + text + "'",
            std::move(expected)};
}

}  // namespace

void syntax_fault(const Symbol& found, std::string expected) {
    throw Fault{error_at("SyntaxError", found, std::move(expected))};
}

void value_fault(const Symbol& found, std::string expected) {
    throw Fault{error_at("ValueError", found, std::move(expected))};
}

std::vector<Symbol> split(std::string_view source, Symbol& end) {
    Reader reader(source);
    std::vector<Symbol> symbols;
    for (std::string_view word = reader.word(); !word.empty(); word = reader.word()) {
        Symbol symbol = reader.at_word(word);
        if (word == "s") syntax_fault(symbol, "a text in quotes or a name after s");
        if (word.starts_with("s\"") || word.starts_with("s'")) {
            symbols.push_back(quoted(reader, std::move(symbol)));
            continue;
        }
        if (!keeps_case(word)) symbol.text = upper(word);
        const bool before_name = word.starts_with("@=") || word.starts_with("!=");
        symbols.push_back(std::move(symbol));
        if (!before_name) continue;
        const std::string_view name = reader.word();
        if (name.empty()) syntax_fault(symbols.back(), "a name after it");
        symbols.push_back(reader.at_word(name));
    }
    end = {"", "the end of the source", reader.line(), reader.column()};
    return symbols;
}

bool is_name(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
    });
}

bool is_digits(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::string upper(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

}  // namespace netaio::tapescript::compiler
