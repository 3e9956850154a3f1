module kptr/test/vm

go 1.26.0
