# What is installed has to be built first, as by scripts/install. Asked before anything is installed,
# as half an installation would be worse than none: this comes before the other rules.
function(netaio_check_built component)
    set(files "")
    foreach(target IN LISTS ARGN)
        string(APPEND files " \"$<TARGET_FILE:${target}>\"")
    endforeach()
    install(CODE "
        foreach(file IN ITEMS${files})
            if(NOT EXISTS \"\${file}\")
                message(FATAL_ERROR \"nothing is installed, as this is not built yet: \${file}\\n\"
                    \"scripts/install PREFIX builds what it installs\")
            endif()
        endforeach()" COMPONENT ${component})
endfunction()

netaio_check_built(development netaio netaio_tapescript)
netaio_check_built(library netaio netaio_tapescript)
if(NETAIO_BUILD_APPS)
    netaio_check_built(tools netaio_tool netaiod tapescript_tool)
endif()
