# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Asks toolchain.sh, which lies beside this folder, for the compiler and the flags of a build profile.

# Sets PREFIX_WASM_CC, PREFIX_CFLAGS, PREFIX_CXXFLAGS and PREFIX_LDFLAGS. The flags of C++ are empty where
# there is no C++ library for Wasm.
function(proofhouse_profile profile prefix)
    execute_process(
        COMMAND "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../toolchain.sh" --profile "${profile}"
                ${PROOFHOUSE_TOOLCHAIN}
        OUTPUT_VARIABLE answer
        RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "toolchain.sh found no compiler for Wasm")
    endif()
    foreach(key WASM_CC CFLAGS CXXFLAGS LDFLAGS)
        string(REGEX MATCH "(^|\n)${key}=([^\n]*)" matched "${answer}")
        set(${prefix}_${key} "${CMAKE_MATCH_2}" PARENT_SCOPE)
    endforeach()
endfunction()
