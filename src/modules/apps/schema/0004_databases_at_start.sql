-- At the start the server goes on with every branch's database that is not ready.
call store.allow_system('apps.branch_database');
