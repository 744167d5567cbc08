// rules.hpp: a small rule language, as an example of an interpreter of content.
//
//   # a comment
//   office-shell = parent is winword.exe and image has powershell
//   large-upload = bytes over 1000000 and target is "a name with spaces"
//
// A rule has a name and one or more tests of an event's fields; it matches when all of them do. An event is
// lines of the form FIELD=VALUE.
//
// Nothing here knows proofhouse: replace this file and rules.cpp by your own interpreter. Exceptions do not
// exist in Wasm as the sandbox runs it, so what can fail says so in what it returns.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace rules {

// Why content is rejected. A code is part of the interface: reports and expectations name it.
enum class Code : std::int32_t {
    Syntax = 1, // something else was expected
    Number = 2, // `over` takes a whole number below 2^64
    Limit = 3,  // more rules, or more tests in one, than are allowed
};

// What is wrong with content, and where; lines and columns count from 1, columns in characters.
struct Problem {
    Code code;
    std::uint32_t line;
    std::uint32_t column;
    std::string_view text;
};

enum class Operator { Is, Has, Over };

struct Test {
    std::string_view field;
    Operator op;
    std::string_view value;
    std::uint64_t number; // for Operator::Over
};

struct Rule {
    std::string_view name;
    std::vector<Test> tests;
};

// Loaded content. It points into the content's bytes, which have to stay where they are.
class Rules {
public:
    // Reads content, or says what is wrong with it.
    std::optional<Problem> load(std::string_view content);

    // The rules that match an event, in order; nothing for an event that is not lines of FIELD=VALUE.
    std::optional<std::vector<std::string_view>> evaluate(std::string_view event) const;

private:
    std::vector<Rule> rules_;
};

} // namespace rules
