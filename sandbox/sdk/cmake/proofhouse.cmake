# SPDX-License-Identifier: MIT OR Apache-2.0
#
# A CMake toolchain file for guests of proofhouse: finds the compiler and the flags of a build profile
# through toolchain.sh, which lies beside this folder.
#
#   cmake -B build -DCMAKE_TOOLCHAIN_FILE=.../sandbox/sdk/cmake/proofhouse.cmake \
#         -DPROOFHOUSE_PROFILE=checked-O1
#
#   PROOFHOUSE_PROFILE    release (the default), checked-O0 or checked-O1
#   PROOFHOUSE_TOOLCHAIN  further arguments for toolchain.sh, such as "--prefer;zig"
#
# A guest that is a reactor is linked with -mexec-model=reactor by its own CMakeLists.txt:
#
#   add_executable(guest.wasm guest.c)
#   target_link_options(guest.wasm PRIVATE -mexec-model=reactor)

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
# Programs that are only compiled to see whether they compile are compiled with the same profile.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PROOFHOUSE_PROFILE PROOFHOUSE_TOOLCHAIN)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

if(NOT PROOFHOUSE_PROFILE)
    set(PROOFHOUSE_PROFILE release)
endif()

execute_process(
    COMMAND "${CMAKE_CURRENT_LIST_DIR}/../toolchain.sh" --profile "${PROOFHOUSE_PROFILE}"
            ${PROOFHOUSE_TOOLCHAIN}
    OUTPUT_VARIABLE proofhouse_answer
    RESULT_VARIABLE proofhouse_failed)
if(proofhouse_failed)
    message(FATAL_ERROR "toolchain.sh found no compiler for Wasm")
endif()

# Sets `variable` to what the answer has for `key`.
function(proofhouse_value key variable)
    string(REGEX MATCH "(^|\n)${key}=([^\n]*)" matched "${proofhouse_answer}")
    set(${variable} "${CMAKE_MATCH_2}" PARENT_SCOPE)
endfunction()

proofhouse_value(WASM_CC proofhouse_cc)
proofhouse_value(CFLAGS proofhouse_cflags)
proofhouse_value(LDFLAGS proofhouse_ldflags)

set(CMAKE_C_COMPILER "${proofhouse_cc}")
# The same driver compiles C++ by the names of its files; -nostdinc++ where the SDK has no C++ library.
set(CMAKE_CXX_COMPILER "${proofhouse_cc}")
set(CMAKE_C_FLAGS_INIT "${proofhouse_cflags}")
set(CMAKE_CXX_FLAGS_INIT "${proofhouse_cflags}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "${proofhouse_ldflags}")
# The profile decides about optimisation; a build type adds nothing to it.
foreach(language C CXX)
    foreach(type DEBUG RELEASE RELWITHDEBINFO MINSIZEREL)
        set(CMAKE_${language}_FLAGS_${type} "" CACHE STRING "decided by PROOFHOUSE_PROFILE")
    endforeach()
endforeach()
