// rules.cpp: see rules.hpp.
#include "rules.hpp"

#include <algorithm>
#include <charconv>

namespace rules {

namespace {

constexpr std::size_t MaxRules = 64;
constexpr std::size_t MaxTests = 8;

// Reads content from the front. What returns a problem leaves the rest unread.
class Parser {
public:
    explicit Parser(std::string_view content) : content_(content) {}

    bool at_end() const { return at_ == content_.size(); }

    bool at_end_of_line() const { return at_end() || content_[at_] == '\n' || content_[at_] == '#'; }

    void skip_blanks() {
        while (!at_end() && (content_[at_] == ' ' || content_[at_] == '\t')) {
            at_++;
        }
    }

    // Goes to the next line, over a comment.
    void skip_line() {
        const auto feed = content_.find('\n', at_);
        at_ = feed == std::string_view::npos ? content_.size() : feed + 1;
    }

    std::optional<Problem> rule(Rule &rule) {
        rule.name = word();
        if (rule.name.empty()) {
            return problem(at_, Code::Syntax, "the name of a rule was expected");
        }
        skip_blanks();
        if (at_end() || content_[at_] != '=') {
            return problem(at_, Code::Syntax, "`=` was expected");
        }
        at_++;
        for (;;) {
            if (rule.tests.size() == MaxTests) {
                return problem(at_, Code::Limit, "a rule has at most 8 tests");
            }
            if (auto found = test(rule.tests.emplace_back())) {
                return found;
            }
            skip_blanks();
            if (at_end_of_line()) {
                return {};
            }
            const auto where = at_;
            if (word() != "and") {
                return problem(where, Code::Syntax, "`and` or the end of the line was expected");
            }
        }
    }

    // Describes what is wrong here.
    Problem here(Code code, std::string_view text) const { return problem(at_, code, text); }

private:
    Problem problem(std::size_t where, Code code, std::string_view text) const {
        std::uint32_t line = 1, column = 1;
        for (const char byte : content_.substr(0, where)) {
            if (byte == '\n') {
                line++;
                column = 1;
            } else if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80) { // not inside a UTF-8 character
                column++;
            }
        }
        return {code, line, column, text};
    }

    std::string_view word() {
        skip_blanks();
        const auto start = at_;
        while (!at_end() && std::string_view(" \t\n#=\"").find(content_[at_]) == std::string_view::npos) {
            at_++;
        }
        return content_.substr(start, at_ - start);
    }

    // A word, or anything but a line feed between quotes.
    std::optional<Problem> value(std::string_view &value) {
        skip_blanks();
        if (!at_end() && content_[at_] == '"') {
            const auto quote = at_;
            const auto end = content_.find_first_of("\"\n", quote + 1);
            if (end == std::string_view::npos || content_[end] == '\n') {
                return problem(quote, Code::Syntax, "this quote is not closed");
            }
            value = content_.substr(quote + 1, end - quote - 1);
            at_ = end + 1;
            return {};
        }
        value = word();
        return value.empty() ? std::optional(problem(at_, Code::Syntax, "a value was expected")) : std::nullopt;
    }

    // FIELD is|has|over VALUE
    std::optional<Problem> test(Test &test);

    std::string_view content_;
    std::size_t at_ = 0;
};

bool number(std::string_view text, std::uint64_t &number) {
    const auto end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && rest == end;
}

std::optional<Problem> Parser::test(Test &test) {
    test.field = word();
    if (test.field.empty()) {
        return problem(at_, Code::Syntax, "a field was expected");
    }
    skip_blanks();
    auto where = at_;
    const auto op = word();
    if (op == "is") {
        test.op = Operator::Is;
    } else if (op == "has") {
        test.op = Operator::Has;
    } else if (op == "over") {
        test.op = Operator::Over;
    } else {
        return problem(where, Code::Syntax, "`is`, `has` or `over` was expected");
    }
    skip_blanks();
    where = at_;
    if (auto found = value(test.value)) {
        return found;
    }
    if (test.op == Operator::Over && !number(test.value, test.number)) {
        return problem(where, Code::Number, "`over` takes a whole number below 2^64");
    }
    return {};
}

struct Field {
    std::string_view name;
    std::string_view value;
};

// The fields of an event; nothing if a line has none.
std::optional<std::vector<Field>> fields(std::string_view event) {
    std::vector<Field> fields;
    while (!event.empty()) {
        const auto line = event.substr(0, event.find('\n'));
        event.remove_prefix(std::min(event.size(), line.size() + 1));
        const auto equals = line.find('=');
        if (equals != std::string_view::npos) {
            fields.push_back({line.substr(0, equals), line.substr(equals + 1)});
        } else if (!line.empty()) {
            return {};
        }
    }
    return fields;
}

bool holds(const Test &test, std::string_view value) {
    std::uint64_t found = 0;
    switch (test.op) {
    case Operator::Is:
        return value == test.value;
    case Operator::Has:
        return value.find(test.value) != std::string_view::npos;
    case Operator::Over:
        return number(value, found) && found > test.number;
    }
    return false;
}

} // namespace

std::optional<Problem> Rules::load(std::string_view content) {
    rules_.clear();
    Parser parser(content);
    while (!parser.at_end()) {
        parser.skip_blanks();
        if (!parser.at_end_of_line()) {
            if (rules_.size() == MaxRules) {
                return parser.here(Code::Limit, "content has at most 64 rules");
            }
            if (auto found = parser.rule(rules_.emplace_back())) {
                return found;
            }
        }
        parser.skip_line();
    }
    return {};
}

std::optional<std::vector<std::string_view>> Rules::evaluate(std::string_view event) const {
    const auto given = fields(event);
    if (!given) {
        return {};
    }
    std::vector<std::string_view> matched;
    for (const auto &rule : rules_) {
        const bool all = std::all_of(rule.tests.begin(), rule.tests.end(), [&](const Test &test) {
            return std::any_of(given->begin(), given->end(), [&](const Field &field) {
                return field.name == test.field && holds(test, field.value);
            });
        });
        if (all) {
            matched.push_back(rule.name);
        }
    }
    return matched;
}

} // namespace rules
