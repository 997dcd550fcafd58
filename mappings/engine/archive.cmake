# cmake -DOUT=FILE -DROOT=FOLDER -DFILES=a;b -P archive.cmake: puts the files into one, each behind
# a line `== path size`.
set(text "")
file(WRITE ${OUT} "")
foreach(file ${FILES})
  file(SIZE ${file} size)
  file(RELATIVE_PATH path ${ROOT} ${file})
  file(APPEND ${OUT} "== ${path} ${size}\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -E cat ${file} OUTPUT_FILE ${OUT}.part)
  execute_process(COMMAND sh -c "cat '${OUT}.part' >> '${OUT}' && echo >> '${OUT}'")
endforeach()
file(REMOVE ${OUT}.part)
