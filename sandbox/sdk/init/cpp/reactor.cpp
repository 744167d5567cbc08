// reactor.cpp: how proofhouse calls the interpreter. See sdk/c/proofhouse.h for the rules of each function.
#include "proofhouse.h"
#include "rules.hpp"

#include <cstdlib>
#include <string>

namespace {

rules::Rules loaded;

} // namespace

std::int32_t proofhouse_abi_version(void) {
    return PROOFHOUSE_ABI_VERSION;
}

void *proofhouse_alloc(std::uint32_t size) {
    return std::malloc(size > 0 ? size : 1);
}

void proofhouse_free(void *memory) {
    std::free(memory);
}

std::int32_t proofhouse_load(const void *content, std::uint32_t size) {
    const auto problem = loaded.load({static_cast<const char *>(content), size});
    if (!problem) {
        return PROOFHOUSE_ACCEPTED;
    }
    // A message that begins with LINE:COLUMN: becomes a place in the report.
    auto text = std::to_string(problem->line) + ':' + std::to_string(problem->column) + ": ";
    text += problem->text;
    proofhouse_message(PROOFHOUSE_LEVEL_ERROR, text.data(), static_cast<std::uint32_t>(text.size()));
    return static_cast<std::int32_t>(problem->code);
}

std::int32_t proofhouse_evaluate(const void *event, std::uint32_t size) {
    const auto matched = loaded.evaluate({static_cast<const char *>(event), size});
    if (!matched) {
        proofhouse_say(PROOFHOUSE_LEVEL_ERROR, "an event is lines of the form FIELD=VALUE");
        return -1;
    }
    for (const auto name : *matched) {
        proofhouse_emit(name.data(), static_cast<std::uint32_t>(name.size()));
    }
    return static_cast<std::int32_t>(matched->size());
}

std::uint64_t proofhouse_describe(void) {
    static constexpr char description[] =
        R"({"schema":"proofhouse.describe/1","name":"@NAME@","version":"0.1.0",)"
        R"("content":[{"kind":"@NAME@-rules/1","patterns":["*.rules"]}],"contracts":[]})";
    return proofhouse_region(description, sizeof description - 1);
}
