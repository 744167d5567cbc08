# SPDX-License-Identifier: MIT OR Apache-2.0
#
# The package `proofhouse` for CMake, for projects that are configured with the toolchain file beside it.
#
#   find_package(proofhouse REQUIRED)
#   proofhouse_add_reactor(NAME SOURCES file... [INCLUDES folder...] [DEFINES name=value...])
#
# makes the targets NAME, NAME-checked-O0 and NAME-checked-O1, with the files NAME.wasm and so on in the
# current binary folder, and beside them NAME.toml, the set for `proofhouse check -i NAME.toml`. The folder
# of proofhouse.h is among the includes. Every source is compiled for each build, so that libraries that the
# interpreter uses are given as sources, too: a checked build of half a program sees half its errors.
#
# The target proofhouse::sdk has the folder of proofhouse.h for targets of other kinds.

cmake_minimum_required(VERSION 3.20)
include("${CMAKE_CURRENT_LIST_DIR}/proofhouse-profile.cmake")

get_filename_component(proofhouse_SDK "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)

if(NOT TARGET proofhouse::sdk)
    add_library(proofhouse::sdk INTERFACE IMPORTED)
    set_target_properties(proofhouse::sdk PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${proofhouse_SDK}/c")
endif()

function(proofhouse_add_reactor name)
    cmake_parse_arguments(PARSE_ARGV 1 reactor "" "" "SOURCES;INCLUDES;DEFINES")
    if(reactor_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "proofhouse_add_reactor: unknown arguments ${reactor_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT reactor_SOURCES)
        message(FATAL_ERROR "proofhouse_add_reactor(${name}): no SOURCES")
    endif()
    if(NOT PROOFHOUSE_PROFILE STREQUAL "release")
        message(FATAL_ERROR "proofhouse_add_reactor makes every build: configure with the toolchain file "
                            "proofhouse.cmake and leave PROOFHOUSE_PROFILE at release")
    endif()
    foreach(profile release checked-O0 checked-O1)
        proofhouse_one_reactor(${name} ${profile})
    endforeach()
    file(CONFIGURE OUTPUT "${name}.toml" @ONLY CONTENT [[schema = "proofhouse.set/1"
release = "@name@.wasm"
checked = ["@name@-checked-O0.wasm", "@name@-checked-O1.wasm"]
]])
endfunction()

# One build, of what the arguments of proofhouse_add_reactor say. The flags of a profile stand behind those
# of the release, which the toolchain file gave, and of two that contradict each other the last one counts.
macro(proofhouse_one_reactor name profile)
    set(target ${name})
    if(NOT "${profile}" STREQUAL "release")
        set(target ${name}-${profile})
    endif()
    add_executable(${target} ${reactor_SOURCES})
    set_target_properties(${target} PROPERTIES
        SUFFIX .wasm RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
    target_link_libraries(${target} PRIVATE proofhouse::sdk)
    target_include_directories(${target} PRIVATE ${reactor_INCLUDES})
    target_compile_definitions(${target} PRIVATE ${reactor_DEFINES})
    # The module and its reports are then the same whichever folders these are; of two prefixes the later.
    target_compile_options(${target} PRIVATE
        "-ffile-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}/=" "-ffile-prefix-map=${CMAKE_CURRENT_BINARY_DIR}=")
    target_link_options(${target} PRIVATE -mexec-model=reactor)
    if(NOT "${profile}" STREQUAL "release")
        proofhouse_profile(${profile} checked)
        get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
        # SHELL keeps CMake from dropping the second -mllvm and -isystem.
        target_compile_options(${target} PRIVATE
            "$<$<COMPILE_LANGUAGE:C>:SHELL:${checked_CFLAGS}>"
            "$<$<COMPILE_LANGUAGE:CXX>:SHELL:${checked_CXXFLAGS}>")
        target_link_options(${target} PRIVATE "SHELL:${checked_LDFLAGS}")
        if(CXX IN_LIST languages)
            # libc++ says which part of a container's storage holds elements.
            target_sources(${target} PRIVATE "${proofhouse_SDK}/c/containers.c")
            set_source_files_properties("${proofhouse_SDK}/c/containers.c" PROPERTIES LANGUAGE CXX)
        endif()
    endif()
endmacro()
