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
# Everything in the project is built with that profile. A project may instead leave it at release and have
# all builds of its interpreter made at once:
#
#   find_package(proofhouse REQUIRED)
#   proofhouse_add_reactor(sensor SOURCES sensor.c parser.c)
#
# makes sensor.wasm, sensor-checked-O0.wasm, sensor-checked-O1.wasm, and sensor.toml, the set that names
# them; see proofhouse-config.cmake, which is in this folder and is found without further variables. A
# project that does not use it links a reactor with -mexec-model=reactor by itself:
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

include("${CMAKE_CURRENT_LIST_DIR}/proofhouse-profile.cmake")
proofhouse_profile("${PROOFHOUSE_PROFILE}" proofhouse)

set(CMAKE_C_COMPILER "${proofhouse_WASM_CC}")
# The same driver compiles C++, by its flags.
set(CMAKE_CXX_COMPILER "${proofhouse_WASM_CC}")
set(CMAKE_C_FLAGS_INIT "${proofhouse_CFLAGS}")
set(CMAKE_CXX_FLAGS_INIT "${proofhouse_CXXFLAGS}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "${proofhouse_LDFLAGS}")
# The profile decides about optimisation; a build type adds nothing to it.
foreach(language C CXX)
    foreach(type DEBUG RELEASE RELWITHDEBINFO MINSIZEREL)
        set(CMAKE_${language}_FLAGS_${type} "" CACHE STRING "decided by PROOFHOUSE_PROFILE")
    endforeach()
endforeach()
# Where find_package(proofhouse) looks.
set(proofhouse_DIR "${CMAKE_CURRENT_LIST_DIR}" CACHE PATH "folder of proofhouse-config.cmake")
